"""The live tab in a real browser."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pages import fits_a_phone, open_page, open_tab, serious
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Route, expect

import fer
from fer.labels import EMOTIONS
from fer.ui.server import device_files
from fer.ui.tabs.live import BAD_PICTURE

SMALL = io.BytesIO()
Image.new("RGB", (64, 48)).save(SMALL, "JPEG")
PICTURE = "data:image/jpeg;base64," + base64.b64encode(SMALL.getvalue()).decode()

MORE_HAPPINESS = re.compile(r"^\d\d points more happiness than on the neutral face")
TWO_POINTS = re.compile(r"^[\d.]+,[\d.]+ [\d.]+,")

# How light a canvas is, from 0 to 255.
MEAN = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, value, i) => sum + (i % 4 < 3 ? value : 0), 0) / data.length;
}
"""


def start(page: Page) -> None:
    """Open the tab and start the camera; every face found has been read once."""
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .answer")).to_be_visible()
    expect(page.locator("#live .box").first).to_be_visible()


def test_live_shows_the_face_until_paused(page: Page) -> None:
    open_tab(page, "Live")
    expect(page.locator("#live .bars")).to_be_hidden()  # before there is anything to show
    start(page)
    expect(page.locator("#live .now")).to_have_text("happiness")
    expect(page.locator("#live .box")).to_have_count(1)
    expect(page.locator("#live .box")).to_have_text("happiness")
    expect(page.locator("#live .top th")).to_have_text("happiness")
    expect(page.locator("#live .rate")).to_contain_text("a second")
    assert serious(page) == []
    assert fits_a_phone(page)
    expect(page.locator("#live polyline")).to_have_attribute("points", TWO_POINTS)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live .rate")).to_be_empty()
    assert page.locator("#live video").evaluate("v => v.srcObject.getTracks()[0].readyState") == (
        "ended"
    )
    # The picture stays, with what was found in it.
    expect(page.locator("#live .box")).to_have_text("happiness")
    expect(page.locator("#live canvas")).to_be_visible()
    assert page.locator("#live canvas").evaluate(MEAN) > 50


def test_no_request_carries_the_cameras_picture(page: Page) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.on("websocket", lambda socket: pytest.fail(socket.url))
    start(page)
    expect(page.locator("#live .where")).to_contain_text("never leaves this device")
    expect(page.locator("#live polyline")).to_have_attribute("points", TWO_POINTS)
    page.get_by_role("button", name="Pause").click()
    assert {request.method for request in asked} == {"GET"}
    assert [
        request.url for request in asked if f"/{device_files.folder()}" not in request.url
    ] == []
    names = {request.url.rpartition("/")[2] for request in asked}
    assert names <= set(device_files.FILES)  # and nothing is written into the address


def test_nothing_is_loaded_before_live_is_opened(browser: Browser, app_url: str) -> None:
    asked: list[str] = []
    opened = open_page(browser, app_url, watch=lambda request: asked.append(request.url))
    open_tab(opened, "About")
    assert [url for url in asked if "/device/" in url] == []
    with opened.expect_request("**/device/**/worker.js"):
        open_tab(opened, "Live")
    opened.close()


@pytest.mark.parametrize(
    "lacking",
    ["delete window.WebAssembly", "window.Worker = class { constructor() { throw Error(); } }"],
)
def test_a_browser_that_cannot_read_faces_says_so_before_it_sends_them(
    page: Page, lacking: str
) -> None:
    page.evaluate(f"() => {{ {lacking} }}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    open_tab(page, "Live")
    expect(page.locator("#live .where")).to_contain_text("pictures go to the server")
    assert "POST" not in asked
    start(page)
    expect(page.locator("#live .now")).to_have_text("happiness")
    assert "POST" in asked


def test_pictures_are_not_sent_where_the_files_fail_after_the_start(page: Page) -> None:
    held: list[Route] = []
    page.route("**/device/**", lambda route: held.append(route))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    with page.expect_request("**/worker.js"):
        open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .message")).to_contain_text("is being loaded")
    for route in held:
        route.abort()
    expect(page.locator("#live .where")).to_contain_text("pictures go to the server")
    expect(page.locator("#live .message")).to_contain_text("Press Start again")
    assert "POST" not in asked


def test_a_server_that_does_not_answer_is_asked_again(page: Page) -> None:
    page.evaluate("() => { delete window.WebAssembly; }")
    start(page)
    page.route("**/component_server/**", lambda route: route.abort())
    expect(page.locator("#live .message")).to_contain_text("does not answer")
    page.unroute("**/component_server/**")
    expect(page.locator("#live .message")).to_be_hidden()
    expect(page.locator("#live .rate")).to_contain_text("a second")


# A camera that shows a picture, until it shows another one.
SHOW = """
async (address) => {
  const image = await createImageBitmap(await (await fetch(address)).blob());
  window.shown = image;
  if (window.canvas) return;
  window.canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  setInterval(() => canvas.getContext('2d').drawImage(window.shown, 0, 0), 50);
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(20);
}
"""


def show(page: Page, picture: Image.Image) -> None:
    """Put it before the page's camera."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    page.evaluate(SHOW, "data:image/png;base64," + base64.b64encode(file.getvalue()).decode())


@pytest.fixture
def upright(page: Page, portrait: Path) -> tuple[Page, Image.Image]:
    """The page before a camera that is higher than wide, and what that shows: two faces."""
    photo = Image.open(portrait)
    picture = Image.new("RGB", (480, 640), "grey")
    picture.paste(photo.resize((400, 400)), (0, 0))
    picture.paste(photo.resize((240, 240)), (230, 400))
    show(page, picture)
    return page, picture


def test_boxes_are_where_the_faces_of_an_upright_camera_are(
    upright: tuple[Page, Image.Image], fast: fer.Recognizer
) -> None:
    page, picture = upright
    start(page)
    expect(page.locator("#live .box")).to_have_count(2)
    camera = page.locator("#live .camera").bounding_box()
    assert camera
    assert camera["width"] / camera["height"] == pytest.approx(480 / 640, rel=0.01)
    for box, face in zip(page.locator("#live .box").all(), fast.detector(picture), strict=True):
        seen = box.bounding_box()
        assert seen
        x0, y0, x1, y1 = face.box
        scale = camera["width"] / 480
        assert seen["x"] - camera["x"] == pytest.approx((480 - x1) * scale, abs=4)  # mirrored
        assert seen["y"] - camera["y"] == pytest.approx(y0 * scale, abs=4)
        assert seen["width"] == pytest.approx((x1 - x0) * scale, abs=6)
        assert seen["height"] == pytest.approx((y1 - y0) * scale, abs=6)


def test_each_face_has_its_answer_and_one_is_chosen(upright: tuple[Page, Image.Image]) -> None:
    page, _ = upright
    start(page)
    boxes = page.locator("#live .box")
    expect(boxes).to_have_text(["happiness", "happiness"])
    expect(boxes.first).to_have_attribute("aria-pressed", "true")
    boxes.last.click()
    expect(boxes.last).to_have_attribute("aria-pressed", "true")
    expect(boxes.first).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#live .answer")).to_be_visible()


def test_answers_are_compared_with_a_neutral_face(
    page: Page, portrait: Path, fast: fer.Recognizer
) -> None:
    def close_up(name: str) -> Image.Image:
        photo = Image.open(portrait.with_name(name)).convert("RGB")
        x0, y0, x1, y1 = fast.detector(photo)[0].box
        middle, side = ((x0 + x1) / 2, (y0 + y1) / 2), y1 - y0
        around = [round(at + sign * side) for sign in (-1, 1) for at in middle]
        return photo.crop(around).resize((480, 480))

    show(page, close_up("hopper.jpg"))
    start(page)
    expect(page.locator("#live .compared")).to_have_count(0)
    page.get_by_role("button", name="Compare with my neutral face").click()
    expect(page.locator("#live .against")).to_contain_text("As on the neutral face")
    expect(page.locator("#live .compared")).to_have_count(len(EMOTIONS))
    show(page, close_up("astronaut.jpg"))
    expect(page.locator("#live .against")).to_contain_text(MORE_HAPPINESS)


def test_the_last_minute_can_be_saved(page: Page) -> None:
    start(page)
    expect(page.locator("#live polyline")).to_have_attribute("points", TWO_POINTS)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the last minute").click()
    with saved.value.path().open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["seconds", "face", "valence", *EMOTIONS]
    assert float(rows[0]["seconds"]) < float(rows[-1]["seconds"]) == 0
    assert float(rows[-1]["happiness"]) > 0.5
    assert float(rows[-1]["valence"]) > 0


def test_live_stops_when_another_tab_is_looked_at(page: Page) -> None:
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .box")).to_have_count(1)
    open_tab(page, "About")
    open_tab(page, "Live")
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_live_cannot_be_started_twice(page: Page) -> None:
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_live_without_a_camera_says_what_to_do(page: Page) -> None:
    refuse = "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(Error('no')); }"
    page.evaluate(refuse)
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live [role=status]")).to_contain_text("allow it in the browser")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"picture": PICTURE, "before": []}, {"faces": []}),
        ({"picture": PICTURE, "before": [[0, 0, 9, 9]] * 7}, {"faces": []}),
        ({"picture": PICTURE, "before": [[0, 0, float("nan"), 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [[0, 0, float("inf"), 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [[0, 0, 1e200, 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [[0, 0, 10**400, 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [[0, 0, "nan", 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [[0, 0, 9]]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": [5]}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": 5}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE, "before": {"0": [0, 0, 9, 9]}}, {"error": BAD_PICTURE}),
        ({"picture": PICTURE}, {"error": BAD_PICTURE}),
        ({"picture": 5, "before": []}, {"error": BAD_PICTURE}),
        ({"picture": "data:,é", "before": []}, {"error": BAD_PICTURE}),
        ([], {"error": BAD_PICTURE}),
        (None, {"error": BAD_PICTURE}),
    ],
)
def test_live_says_when_it_cannot_use_what_the_page_sends(
    app_url: str, asked: Any, answer: dict[str, Any]
) -> None:
    parts = httpx.get(f"{app_url}/config").json()["components"]
    live = next(part["id"] for part in parts if part["props"].get("elem_id") == "live")
    call = {"data": asked, "component_id": live, "session_hash": "a", "fn_name": "read_picture"}
    sent = httpx.post(
        f"{app_url}/gradio_api/component_server",
        content=json.dumps(call),
        headers={"Content-Type": "application/json"},
        timeout=60,
    )
    assert sent.json() == answer
