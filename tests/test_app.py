"""The page in a real browser."""

import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5

ANSWER_MS = 30_000  # for a busy machine


def upload(page: Page, file: Path) -> None:
    page.locator("#picture input[type=file]").set_input_files(file)


def heatmap(page: Page) -> Locator:
    return page.locator("#heatmap img")


def expect_top(page: Page, emotion: str) -> None:
    """The named emotion is in the headline and in the first of seven bars, with a heatmap."""
    expect(page.locator("#answer .top-emotion")).to_have_text(emotion, timeout=ANSWER_MS)
    expect(page.locator("#answer .emotions th")).to_have_count(len(EMOTIONS))
    expect(page.locator("#answer .emotions th").first).to_have_text(emotion)
    expect(heatmap(page)).to_be_visible()
    assert heatmap(page).evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


@pytest.fixture(scope="session")
def pair(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with two faces; number 2, the smaller one, is on the right."""
    one = Image.open(portrait)
    both = Image.new("RGB", (one.width * 3 // 2, one.height))
    both.paste(one, (0, 0))
    both.paste(one.resize((one.width // 2, one.height // 2)), (one.width, 0))
    path = tmp_path_factory.mktemp("photos") / "pair.jpg"
    both.save(path, quality=95)
    return path


def test_upload_shows_happiness_and_heatmap(page: Page, portrait: Path) -> None:
    upload(page, portrait)
    expect_top(page, "happiness")
    for scale, levels in (("five", LEVELS_5), ("three", LEVELS_3)):
        table = page.locator("#answer .levels").filter(has_text=f"{scale} levels")
        assert table.locator("th").all_inner_texts() == list(levels)
        expect(table.locator(".top th")).to_contain_text("positive")
    expect(page.locator("#answer")).to_contain_text("convention")
    expect(page.locator("#emotion input:checked")).to_have_value("happiness")


def test_example_answers_at_a_click(page: Page) -> None:
    page.locator("#example").click()
    expect_top(page, "happiness")


def test_webcam_shot_is_looked_at(page: Page) -> None:
    page.get_by_label("Capture from camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#picture video').videoWidth > 0")
    page.get_by_label("capture photo").click()
    # Chromium's fake camera films a test card.
    expect(page.locator("#message")).to_contain_text("No face was found", timeout=ANSWER_MS)


def test_other_emotion_changes_the_heatmap(page: Page) -> None:
    page.locator("#example").click()
    expect_top(page, "happiness")
    before = heatmap(page).get_attribute("src")
    assert before
    page.locator("#emotion").get_by_label("anger").check()
    expect(heatmap(page)).not_to_have_attribute("src", before, timeout=ANSWER_MS)
    # The bars still tell about the face, not about the heatmap.
    expect(page.locator("#answer .top-emotion")).to_have_text("happiness")


def click_in_picture(page: Page) -> None:
    picture = page.locator("#picture img")
    area = picture.bounding_box()
    assert area
    picture.click(position={"x": 0.81 * area["width"], "y": 0.11 * area["height"]})


def press_in_strip(page: Page) -> None:
    page.get_by_label("Thumbnail 2 of 2").press("Enter")


@pytest.mark.parametrize("choose", [click_in_picture, press_in_strip])
def test_choosing_a_face(page: Page, pair: Path, choose: Callable[[Page], None]) -> None:
    upload(page, pair)
    expect(page.locator("#answer")).to_contain_text("Face 1 of 2", timeout=ANSWER_MS)
    before = heatmap(page).get_attribute("src")
    assert before
    choose(page)
    expect(page.locator("#answer")).to_contain_text("Face 2 of 2", timeout=ANSWER_MS)
    expect(heatmap(page)).not_to_have_attribute("src", before)
    expect(page.get_by_label("Thumbnail 2 of 2")).to_have_class(re.compile("selected"))


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


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_gets_a_sentence(page: Page, portrait: Path, tmp_path: Path, name: str) -> None:
    content, word = BAD_FILES[name]
    (tmp_path / name).write_bytes(content(portrait.read_bytes()))
    upload(page, tmp_path / name)
    expect(page.locator("#message [role=status]")).to_contain_text(word, timeout=ANSWER_MS)
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.locator("#picture img")).to_have_count(0)
    # The app goes on serving, and the sentence goes away.
    upload(page, portrait)
    expect(page.locator("#answer .top-emotion")).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator("#message")).to_be_hidden()


def test_removing_the_photo_starts_over(page: Page) -> None:
    page.locator("#example").click()
    expect_top(page, "happiness")
    page.get_by_label("Remove Image").click()
    expect(page.locator("#example")).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator("#answer")).to_be_hidden()
    expect(heatmap(page)).to_be_hidden()


def test_visitors_do_not_see_each_other(page: Page, browser: Browser, app_url: str) -> None:
    page.locator("#example").click()
    expect_top(page, "happiness")
    other = browser.new_page()
    other.goto(app_url)
    expect(other.locator("#example")).to_be_visible()
    expect(other.locator("#answer")).to_be_hidden()
    other.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_sideways_scrolling(page: Page, pair: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    upload(page, pair)
    expect(heatmap(page)).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator("#strip")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("line", ["not a feeling", "Not for work or education", "not kept"])
def test_notice_is_on_the_page(page: Page, line: str) -> None:
    expect(page.get_by_text(line)).to_be_visible()


@pytest.mark.parametrize(
    "upload",
    [
        lambda portrait: {"path": str(portrait)},
        lambda portrait: {"path": str(portrait), "meta": {"_type": "gradio.FileData"}},
        lambda portrait: {"path": "fer/ui/examples/astronaut.jpg"},
        lambda portrait: {"path": None},
        lambda portrait: None,
    ],
    ids=["path", "path as file data", "relative path", "no path", "nothing"],
)
def test_api_opens_no_file_of_the_server(
    app_url: str, portrait: Path, upload: Callable[[Path], object]
) -> None:
    address = f"{app_url}/gradio_api/call/look"
    body = json.dumps({"data": [upload(portrait)]}).encode()
    request = Request(address, body, {"Content-Type": "application/json"})
    event = json.load(urlopen(request))["event_id"]
    answer = urlopen(f"{address}/{event}", timeout=60).read().decode()
    assert "event: complete" in answer or "event: error" in answer
    assert "happiness" not in answer
