"""What holds for the whole page, in a real browser."""

import urllib.request
from pathlib import Path

import pytest
from pages import expect_top, heatmap, open_page, serious, upload
from playwright.sync_api import Browser, Page, expect

import fer
from fer.models.bundled import BUNDLED
from fer.ui.backend import Backend
from fer.ui.page import build

TABS = ("Photo", "Live", "Video", "Batch", "About")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_every_tab_fits_and_is_accessible(page: Page, pair: Path, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 780})
    page.reload()
    upload(page, pair)
    expect(heatmap(page)).to_be_visible()
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").filter(visible=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
        assert serious(page) == [], tab


def test_a_first_visit_is_light(app_url: str) -> None:
    asked = urllib.request.Request(app_url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) <= 120_000


JUMPS = """() => new Promise((done) => {
  const sum = (list) => list.getEntries().reduce((total, shift) => total + shift.value, 0);
  const observer = new PerformanceObserver((list) => done(sum(list)));
  observer.observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 2000);
})"""


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_jumps_while_the_page_and_an_answer_come_in(
    browser: Browser, app_url: str, width: int
) -> None:
    page = open_page(browser, app_url, viewport={"width": width, "height": 900})
    page.locator(".example").first.click()
    expect_top(page, "happiness")
    assert page.evaluate(JUMPS) < 0.1  # what browsers' makers call good
    page.close()


def test_disclaimer_is_read_before_the_first_use_and_not_again(
    browser: Browser, app_url: str
) -> None:
    page = open_page(browser, app_url, disclaimer_read=False)
    disclaimer = page.get_by_role("dialog")
    for words in ("not a feeling", "Not at work, not at school", "Nothing is kept"):
        expect(disclaimer).to_contain_text(words)
    assert serious(page) == []
    page.keyboard.press("Enter")  # its button has the focus
    expect(disclaimer).to_be_hidden()
    page.reload()
    page.locator(".example").first.wait_for()
    expect(disclaimer).to_be_hidden()
    page.close()


@pytest.mark.parametrize("remark", ["", "The Hub could not be reached."])
def test_a_remark_is_shown_at_the_top(remark: str) -> None:
    recognizer = fer.load(BUNDLED)
    backend = Backend.on_cpu(recognizer)
    shown = [block for block in build(backend, remark).blocks.values() if block.elem_id == "remark"]
    assert [remark in str(block.value) for block in shown] == ([True] if remark else [])
