"""What the server remembers of a visitor is forgotten in time."""

import time

import gradio as gr
import httpx
import pytest
from inside import served
from pages import heatmap, open_page
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
        heatmap(opened).wait_for()
        assert page.state_holder.session_data
        opened.close()
        wait_until_forgotten(page, 60)


INVENTED = {
    "queue/join": {"data": [None], "fn_index": 0},
    "component_server": {"data": {}, "fn_name": "read_picture", "component_id": 0},
}


@pytest.mark.parametrize("path", INVENTED)
def test_invented_sessions_push_no_visitor_out(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 5)
    with served() as page:
        opened = open_page(browser, page.local_url)
        opened.locator(".example").first.click()
        heatmap(opened).wait_for()
        (visitor,) = page.state_holder.session_data
        live = next(one for one in page.blocks.values() if one.elem_id == "live")
        elsewhere = {"X-Forwarded-For": "203.0.113.5"}  # as a proxy of this machine says
        for number in range(12):
            body = INVENTED[path] | {"session_hash": f"invented-{number}"}
            if "component_id" in body:
                body["component_id"] = live._id
            sent = httpx.post(f"{page.local_api_url}{path}", json=body, headers=elsewhere)
            assert sent.status_code == 200
        assert len(page.state_holder.session_data) == 5
        assert visitor in page.state_holder.session_data
        opened.close()
