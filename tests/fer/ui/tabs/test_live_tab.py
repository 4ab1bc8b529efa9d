"""The live tab in a real browser."""

import re

from pages import open_tab, serious
from playwright.sync_api import Page, expect

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
