"""The live tab in a real browser."""

import base64
import io
import json
import re
from typing import Any

import httpx
import pytest
from pages import open_tab, serious
from PIL import Image
from playwright.sync_api import Page, expect

from fer.ui.tabs.live import BAD_PICTURE

SMALL = io.BytesIO()
Image.new("RGB", (64, 48)).save(SMALL, "JPEG")
PICTURE = "data:image/jpeg;base64," + base64.b64encode(SMALL.getvalue()).decode()

TWO_POINTS = re.compile(r"^[\d.]+,[\d.]+ [\d.]+,")


def test_live_shows_the_face_until_paused(page: Page) -> None:
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .now")).to_have_text("happiness")
    expect(page.locator("#live .box")).to_have_count(1)
    expect(page.locator("#live .top th")).to_have_text("happiness")
    expect(page.locator("#live .rate")).to_contain_text("a second")
    assert serious(page) == []
    expect(page.locator("#live polyline")).to_have_attribute("points", TWO_POINTS)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live .rate")).to_be_empty()
    assert page.locator("#live video").evaluate("v => v.srcObject.getTracks()[0].readyState") == (
        "ended"
    )


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
