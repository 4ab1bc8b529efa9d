"""What the server remembers of a visitor is forgotten in time."""

import time

import gradio as gr
import pytest
from inside import served
from pages import open_page
from playwright.sync_api import Browser

from fer.ui.server import sessions


def wait_until_forgotten(page: gr.Blocks, seconds: float) -> None:
    end = time.monotonic() + seconds
    while page.state_holder.session_data:
        assert time.monotonic() < end, "still remembered"
        time.sleep(0.1)


def test_an_idle_visitor_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(sessions, "KEEP_SECONDS", 0.5)
    with served() as page:
        assert page.state_holder["somebody"]
        wait_until_forgotten(page, 10)


def test_a_visitor_is_forgotten_when_the_page_is_closed(browser: Browser) -> None:
    with served() as page:
        opened = open_page(browser, page.local_url)
        opened.locator(".example").first.click()
        opened.locator("#heatmap .layer").wait_for()
        assert page.state_holder.session_data
        opened.close()
        wait_until_forgotten(page, 60)
