"""The photo tab in a real browser."""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from generated import write_ensemble
from inside import served
from pages import expect_top, files_in, heatmap, open_page, upload
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import Browser, Page, expect

from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5
from fer.ui.pictures import CLOSE_UP_SIDE
from fer.ui.tabs import photo


def test_upload_is_answered_and_erased(page: Page, portrait: Path, server_files: Path) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    for scale, levels in (("five", LEVELS_5), ("three", LEVELS_3)):
        table = page.locator("#answer .levels").filter(has_text=f"{scale} levels")
        assert table.locator("th").all_inner_texts() == list(levels)
        expect(table.locator(".top th")).to_contain_text("positive")
    expect(page.locator("#answer .valence strong")).to_have_text(re.compile(r"Valence \+\d\.\d"))
    expect(page.locator("#answer")).to_contain_text("convention")
    expect(page.locator("#footer")).to_contain_text("Not for use at work")
    expect(page.locator("#footer")).to_be_visible()
    expect(page.locator("#emotion input:checked")).to_have_value("happiness")
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
    page.locator("#again").click()
    data = base64.b64encode(path.read_bytes()).decode()
    page.get_by_label("Drop an image file here").evaluate(DROP, [path.name, data])
    expect_top(page, "happiness")


def test_example_is_answered_and_another_photo_starts_over(page: Page) -> None:
    page.locator(".example").first.click()
    expect_top(page, "happiness")
    page.locator("#again").click()
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#answer")).to_be_hidden()
    expect(heatmap(page)).to_be_hidden()


def test_every_example_has_one_face(page: Page) -> None:
    for name in photo.EXAMPLES.values():
        page.locator(".example", has_text=name).click()
        expect(page.locator("#answer")).to_contain_text("The face")
        expect(heatmap(page)).to_be_visible()
        page.locator("#again").click()


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


def test_heatmap_of_another_emotion_and_its_strength(page: Page) -> None:
    page.locator(".example").first.click()
    expect_top(page, "happiness")
    expect(page.locator("#heatmap figcaption")).to_have_text(["Before", "After"])
    before = heatmap(page).get_attribute("src")
    assert before
    page.locator("#emotion").get_by_label("anger").check()
    expect(heatmap(page)).not_to_have_attribute("src", before)
    # The bars still tell about the face, not about the heatmap.
    expect(page.locator("#answer .top-emotion")).to_have_text("happiness")
    page.get_by_label("Strength of the colours").fill("10")
    expect(heatmap(page)).to_have_css("opacity", "0.1")
    with page.expect_download() as download:
        page.locator("#heatmap").get_by_role("button", name="PNG").click()
    assert Image.open(download.value.path()).size == (CLOSE_UP_SIDE, CLOSE_UP_SIDE)


def click_in_picture(page: Page) -> None:
    page.locator("#stage .photo .box").nth(1).click()


def press_in_strip(page: Page) -> None:
    page.get_by_role("button", name="Face 2").press("Enter")


@pytest.mark.parametrize("choose", [click_in_picture, press_in_strip])
def test_choosing_a_face(page: Page, pair: Path, choose: Callable[[Page], None]) -> None:
    upload(page, pair)
    expect(page.locator("#answer")).to_contain_text("Face 1 of 2")
    expect(page.locator("#stage .box")).to_have_text(["1", "2"])
    expect(heatmap(page)).to_be_visible()
    before = heatmap(page).get_attribute("src")
    assert before
    choose(page)
    expect(page.locator("#answer")).to_contain_text("Face 2 of 2")
    expect(heatmap(page)).not_to_have_attribute("src", before)
    expect(page.get_by_role("button", name="Face 2")).to_have_attribute("aria-pressed", "true")


def test_downloads(page: Page, pair: Path, tmp_path: Path) -> None:
    upload(page, pair)
    expect(page.locator("#answer")).to_contain_text("Face 1 of 2")
    for kind in ("PNG", "JSON", "CSV"):
        with page.expect_download() as download:
            page.locator("#stage .downloads").get_by_text(kind).click()
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
        expect(page.locator("#answer")).to_be_hidden()
        expect(page.locator("#picture img")).to_have_count(0)
    # The app goes on serving, and the sentence goes away.
    upload(page, portrait)
    expect(page.locator("#answer .top-emotion")).to_be_visible()
    expect(page.locator("#message [role=status]")).to_have_count(0)


def test_a_photo_without_faces_says_so(page: Page, tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.jpg")
    upload(page, tmp_path / "wall.jpg")
    expect(page.locator("#message")).to_contain_text("No face was found")
    expect(page.locator("#stage .photo img")).to_be_visible()


def test_visitors_keep_their_own_faces(
    page: Page, browser: Browser, app_url: str, portrait: Path
) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    other = open_page(browser, app_url)
    expect(other.locator("#answer")).to_be_hidden()
    upload(other, portrait)  # the same file
    expect_top(other, "happiness")
    other.locator("#again").click()
    expect(other.locator("#answer")).to_be_hidden()
    other.close()
    # The first visitor's face is still there to be asked about.
    before = heatmap(page).get_attribute("src")
    assert before
    page.locator("#emotion").get_by_label("fear").check()
    expect(heatmap(page)).not_to_have_attribute("src", before)


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
    votes = page.locator("#answer .votes")
    heads = ["one", "two", "soft vote", "stacking (the answer)"]
    expect(votes.locator("[scope=col]")).to_have_text(heads)
    expect(votes.locator("[scope=row]")).to_have_text(list(EMOTIONS))
    # The members agree on a happy face, the stacker of this test says something else, unsurely.
    expect(votes.locator("tr").filter(has_text="happiness").locator("td.top")).to_have_count(3)
    expect(page.locator("#answer .not-sure")).to_be_visible()
    expect(heatmap(page)).to_be_visible()
    before = heatmap(page).get_attribute("src")
    assert before
    page.locator("#member").get_by_label("two").check()
    expect(heatmap(page)).not_to_have_attribute("src", before)
    assert re.search(r"\d", votes.inner_text())
