"""The photo tab in a real browser."""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from generated import write_ensemble
from inside import served
from pages import answer, expect_top, files_in, heatmap, open_page, painted, upload
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import Browser, Page, expect
from serving import serve

import fer
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5
from fer.ui.backend import MAX_FACES
from fer.ui.pictures import CLOSE_UP_SIDE
from fer.ui.tabs import photo


def test_upload_is_answered_and_erased(page: Page, portrait: Path, server_files: Path) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    for scale, levels in (("five", LEVELS_5), ("three", LEVELS_3)):
        table = answer(page, ".levels").filter(has_text=f"{scale} levels")
        assert table.locator("th").all_text_contents() == list(levels)
        expect(table.locator(".top th")).to_contain_text("positive")
    expect(answer(page, ".valence strong")).to_have_text(re.compile(r"Valence \+\d\.\d"))
    expect(page.locator("details.card")).to_contain_text("convention")
    expect(page.locator("#footer")).to_contain_text("Not for use at work")
    expect(page.locator("#footer")).to_be_visible()
    expect(page.locator("select.emotion")).to_have_value("happiness")
    assert files_in(server_files) == []


DROP = """(place, [name, data]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  transfer.items.add(new File([bytes], name));
  place.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
}"""


def test_an_iphones_photo_is_answered_chosen_and_dropped(
    page: Page, portrait: Path, tmp_path: Path
) -> None:
    """Most browsers do not know what a HEIC is."""
    path = tmp_path / "IMG_0001.HEIC"
    from_pillow(Image.open(portrait)).save(path)
    upload(page, path)
    expect_top(page, "happiness")
    page.locator(".again").click()
    data = base64.b64encode(path.read_bytes()).decode()
    page.get_by_label("Drop an image file here").evaluate(DROP, [path.name, data])
    expect_top(page, "happiness")


def test_example_is_answered_and_another_photo_starts_over(page: Page) -> None:
    page.locator(".example").first.click()
    expect_top(page, "happiness")
    page.locator(".again").click()
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator(".answered")).to_have_count(0)


def test_every_example_has_one_face(page: Page) -> None:
    for name in photo.EXAMPLES.values():
        page.locator(".example", has_text=name).click()
        expect(heatmap(page)).to_be_visible()
        expect(page.locator(".box")).to_have_count(1)
        page.locator(".again").click()


def test_webcam_shot_is_looked_at(page: Page) -> None:
    page.get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#picture video').videoWidth > 0")
    page.get_by_label("capture photo").click()
    expect_top(page, "happiness")


def test_a_photo_is_pasted_with_the_keyboard(page: Page, portrait: Path) -> None:
    page.evaluate(
        """(photo) => {
          const data = new DataTransfer();
          const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
          data.items.add(new File([bytes], "pasted.jpg", {type: "image/jpeg"}));
          document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }""",
        base64.b64encode(portrait.read_bytes()).decode(),
    )
    expect_top(page, "happiness")


def test_a_refused_camera_says_what_to_do(page: Page) -> None:
    page.evaluate(
        """() => {
          const refusal = () => Promise.reject(new DOMException("no", "NotAllowedError"));
          navigator.mediaDevices.getUserMedia = refusal;
        }"""
    )
    page.get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    expect(page.locator("#message [role=status]")).to_contain_text("allow it in the browser")


@pytest.mark.parametrize("size", [(1280, 800), (360, 800)], ids=["desk", "phone"])
def test_the_answer_is_on_the_first_screen_and_has_the_focus(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    example = page.locator(".example").last
    example.scroll_into_view_if_needed()
    example.click()
    headline = page.get_by_role("heading", name=re.compile("^Looks [a-z]+, [a-z]+ sure$"))
    expect(headline).to_be_in_viewport(ratio=1)
    expect(headline).to_be_focused()  # so that a screen reader says it
    expect(page.locator(".photo")).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Before and after")).to_be_in_viewport(ratio=1)


def test_a_heatmap_is_what_python_draws_and_ends_softly_around_the_face(
    page: Page, portrait: Path
) -> None:
    recognizer = fer.load()
    opened = Image.open(portrait)
    (face,) = recognizer(opened)
    whole = (0, 0, *opened.size)
    upload(page, portrait)
    expect_top(page, "happiness")
    x0, y0, x1, y1 = face.box
    y, x = np.ogrid[: opened.height, : opened.width]
    across = (2 * x + 1 - x0 - x1) / (x1 - x0)
    down = (2 * y + 1 - y0 - y1) / (y1 - y0)
    away = np.hypot(across, down)  # 1 is as far as the box
    page.locator("summary", has_text="another expression").click()
    for emotion, member in (("happiness", 0), ("fear", 1), ("neutral", 2)):
        page.get_by_label("Expression").select_option(emotion)
        page.locator("select.member").select_option(index=member)
        drawn = np.asarray(painted(page).getchannel("A"), float)
        layer = recognizer.heat_layer(opened.size, face, whole, opened.size, emotion, member)
        expected = np.asarray(layer.getchannel("A"), float)
        assert drawn.shape == expected.shape
        assert np.abs(drawn - expected)[away < 0.6].max() <= 4
        assert drawn[away > 1.2].max() == 0
        for axis in (0, 1):  # no step from a pixel to the next, as at the edge of a crop
            assert np.abs(np.diff(drawn, axis=axis)).max() < 32


def test_heatmap_of_another_emotion_and_its_strength(page: Page) -> None:
    page.locator(".example").first.click()
    expect_top(page, "happiness")
    before = painted(page)
    page.locator("summary", has_text="another expression").press("Enter")
    page.get_by_label("Expression").select_option("anger")
    assert painted(page) != before
    expect(heatmap(page)).to_have_attribute("aria-label", re.compile("spoke for anger"))
    # The bars still tell about the face, not about the heatmap.
    expect(answer(page, ".top-emotion")).to_have_text("happiness")
    for strength, opacity in (("0", "0"), ("10", "0.1"), ("100", "1")):
        page.get_by_label("Before and after").fill(strength)
        expect(heatmap(page)).to_have_css("opacity", opacity)
    with page.expect_download() as download:
        page.get_by_role("button", name="Heatmap").click()
    assert Image.open(download.value.path()).size == (CLOSE_UP_SIDE, CLOSE_UP_SIDE)


def click_in_picture(page: Page) -> None:
    page.locator(".photo .box").nth(1).click()


def press_in_strip(page: Page) -> None:
    page.get_by_role("button", name="Face 2").press("Enter")


@pytest.mark.parametrize("choose", [click_in_picture, press_in_strip])
def test_choosing_a_face(page: Page, pair: Path, choose: Callable[[Page], None]) -> None:
    upload(page, pair)
    expect(page.locator(".headlines")).to_contain_text("Face 1 of 2")
    before = painted(page)
    choose(page)
    expect(page.locator(".headlines :visible").first).to_contain_text("Face 2 of 2")
    assert painted(page) != before
    face = page.get_by_role("button", name="Face 2: Looks happy")
    expect(face).to_have_attribute("aria-pressed", "true")


def test_an_answer_needs_the_server_no_more(browser: Browser, pair: Path) -> None:
    with serve() as url:
        page = open_page(browser, url)
        upload(page, pair)
        expect_top(page, "happiness")
    # Now it is killed.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = painted(page)
    page.get_by_role("button", name="Face 2").click()
    expect(page.locator(".headlines :visible").first).to_contain_text("Face 2 of 2")
    expect_top(page, "happiness")
    of_face_2 = painted(page)
    assert of_face_2 != before
    page.locator("summary", has_text="another expression").click()
    page.get_by_label("Expression").select_option("fear")
    assert painted(page) != of_face_2
    page.get_by_role("button", name="Face 1").click()
    assert painted(page) == before
    assert [url for url in asked if url.startswith("http") and "heartbeat" not in url] == []
    page.close()


def test_details_fold_out_and_explain_every_term(page: Page, portrait: Path) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    details = page.locator("details.card")
    expect(answer(page, ".emotions")).to_be_hidden()
    expect(answer(page, ".votes")).to_be_hidden()
    details.locator("summary").press("Enter")
    expect(answer(page, ".emotions")).to_be_visible()
    terms = ["Expressions", "How sure", "Models", "soft vote", "Stacking"]
    terms += ["Five levels", "Three levels", "Valence"]
    expect(details.locator("dfn")).to_have_text(terms)
    for term in details.locator("dfn").all():
        expect(term).to_be_visible()
    details.locator("dfn").last.scroll_into_view_if_needed()
    expect(page.locator(".photo")).to_be_in_viewport(ratio=0.9)  # it stays beside them
    expect(details).to_contain_text(re.compile(r"very sure from 90\s%.*not sure below"))


SIDES = """(elements) => elements
  .filter((element) => getComputedStyle(element).visibility === 'visible')
  .map((element) => element.getBoundingClientRect())
  .map(({left, top, right, bottom}) => [left, top, right, bottom])"""


def overlap(a: list[float], b: list[float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def free_labels(page: Page) -> int:
    """How many labels are seen, of which none is on a face, on another label or cut off."""
    labels = page.locator(".photo .box span").evaluate_all(SIDES)
    faces = page.locator(".photo .box").evaluate_all(SIDES)
    (frame,) = page.locator(".photo").evaluate_all(SIDES)
    for i, label in enumerate(labels):
        # Half a pixel is the browser's rounding.
        inner = [label[0] + 0.5, label[1] + 0.5, label[2] - 0.5, label[3] - 0.5]
        assert not any(overlap(inner, other) for other in faces + labels[:i])
        assert min(inner[0] - frame[0], inner[1] - frame[1]) > 0
        assert min(frame[2] - inner[2], frame[3] - inner[3]) > 0
    return len(labels)


def test_labels_stand_beside_the_faces(page: Page, pair: Path) -> None:
    upload(page, pair)
    expect(page.locator(".photo .box")).to_have_text(["1 happy", "2 happy"])
    for width, labels in ((1280, 2), (700, 2), (360, 1)):  # a small face has none unless chosen
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("() => new Promise(requestAnimationFrame)")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert free_labels(page) == labels


def test_sixty_faces_stay_usable(page: Page, crowd: Path) -> None:
    upload(page, crowd)
    expect(page.locator("#message")).to_contain_text("more than 50 faces")
    expect(page.locator(".photo .box")).to_have_count(MAX_FACES)
    assert free_labels(page) == 1  # of the chosen face
    page.locator(".photo .box").nth(20).hover()
    expect(page.locator(".photo .box").nth(20).locator("span")).to_be_visible()
    free_labels(page)
    page.get_by_role("button", name="Face 30:").press("Enter")
    expect(page.locator(".headlines :visible").first).to_contain_text("Face 30 of 50")
    face = page.locator(".photo .box").nth(29)
    (small,) = face.evaluate_all(SIDES)
    page.get_by_role("button", name="Closer").press("Enter")
    (large,) = face.evaluate_all(SIDES)
    assert large[2] - large[0] > 3 * (small[2] - small[0])
    expect(face).to_be_in_viewport(ratio=1)
    assert overlap(large, page.locator(".photo").evaluate_all(SIDES)[0])


def test_downloads(page: Page, pair: Path, tmp_path: Path) -> None:
    upload(page, pair)
    expect_top(page, "happiness")
    for kind in ("PNG", "JSON", "CSV"):
        with page.expect_download() as download:
            page.locator(".answered .downloads").get_by_text(kind).click()
        download.value.save_as(tmp_path / f"faces.{kind.lower()}")
    assert Image.open(tmp_path / "faces.png").size == Image.open(pair).size
    faces = json.loads((tmp_path / "faces.json").read_text())["faces"]
    assert [face["emotion"] for face in faces] == ["happiness"] * 2
    assert len((tmp_path / "faces.csv").read_text().splitlines()) == 3


def huge_png() -> bytes:
    """30,000×30,000 black pixels in a few hundred kilobytes."""
    side = 30_000

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)  # 1 bit a pixel, grey
    rows = zlib.compress(bytes(side * (1 + (side + 7) // 8)))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BAD_FILES = {
    # name: (content, given the portrait's bytes; a word of the sentence)
    "text.jpg": (lambda photo: b"Not a photo.\n", "not an image"),
    "empty.jpg": (lambda photo: b"", "empty"),
    "truncated.jpg": (lambda photo: photo[: len(photo) // 2], "damaged"),
    "huge.png": (lambda photo: huge_png(), "pixels"),
}


def test_bad_files_get_a_sentence_each(page: Page, portrait: Path, tmp_path: Path) -> None:
    for name, (content, word) in BAD_FILES.items():
        (tmp_path / name).write_bytes(content(portrait.read_bytes()))
        upload(page, tmp_path / name)
        expect(page.locator("#message [role=status]")).to_contain_text(word)
        expect(page.locator(".answered")).to_have_count(0)
        expect(page.locator("#picture img")).to_have_count(0)
    # The app goes on serving, and the sentence goes away.
    upload(page, portrait)
    expect_top(page, "happiness")
    expect(page.locator("#message [role=status]")).to_have_count(0)


def test_a_photo_without_faces_says_so(page: Page, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.jpg")
    upload(page, tmp_path / "wall.jpg")
    expect(page.locator("#message")).to_contain_text("No face was found")
    expect(page.locator(".photo img")).to_be_visible()
    expect(page.locator(".photo .box, .headlines, .heatmap, details")).to_have_count(0)


def test_visitors_keep_their_own_faces(
    page: Page, browser: Browser, app_url: str, portrait: Path
) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    other = open_page(browser, app_url)
    expect(other.locator(".answered")).to_have_count(0)
    upload(other, portrait)  # the same file
    expect_top(other, "happiness")
    other.locator(".again").click()
    expect(other.locator(".answered")).to_have_count(0)
    other.close()
    expect_top(page, "happiness")


@pytest.fixture(scope="module")
def ensemble_page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = write_ensemble(tmp_path_factory.mktemp("ensemble"))
    with served(folder) as app:
        page = open_page(browser, app.local_url)
        yield page
        page.close()


def test_an_ensemble_shows_each_model_and_both_votes(ensemble_page: Page) -> None:
    page = ensemble_page
    page.locator(".example").first.click()
    page.locator("details.card summary").click()
    votes = answer(page, ".votes")
    heads = ["one", "two", "soft vote", "stacking (the answer)"]
    expect(votes.locator("[scope=col]")).to_have_text(heads)
    expect(votes.locator("[scope=row]")).to_have_text(list(EMOTIONS))
    # The members agree on a happy face, the stacker of this test says something else, unsurely.
    expect(votes.locator("tr").filter(has_text="happiness").locator("td.top")).to_have_count(3)
    expect(answer(page, ".not-sure")).to_be_visible()
    expect(answer(page, "h2")).to_have_text(re.compile(r"^Perhaps \w+, not sure$"))
    before = painted(page)
    page.locator("summary", has_text="another expression").click()
    page.locator("select.member").select_option("two")
    assert painted(page) != before
    assert re.search(r"\d", votes.inner_text())
