"""What the page refuses, so that one visitor cannot spoil it for the others, and what it says."""

from pathlib import Path

import pytest
from inside import served
from pages import open_page
from playwright.sync_api import Browser, Page, expect

from fer.ui.tabs import live


@pytest.mark.parametrize(
    ("tab", "place", "name"),
    [
        ("Photo", "#picture", "photo.jpg"),
        ("Video", "#clip", "clip.mp4"),
        ("Batch", "#batch-files", "photos.zip"),
    ],
)
def test_too_large_a_file_is_not_even_sent(page: Page, tmp_path: Path, tab, place, name) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(211_000_000)
    page.get_by_role("tab", name=tab).click()
    page.locator(f"{place} input[type=file]").set_input_files(tmp_path / name)
    expect(page.get_by_text("maximum allowed size of 200")).to_be_visible()


def test_of_a_crowd_the_largest_faces_are_looked_at(browser: Browser, monkeypatch) -> None:
    monkeypatch.setattr("fer.ui.backend.MAX_FACES", 0)
    with served() as page:
        opened = open_page(browser, page.local_url)
        opened.locator(".example").first.click()
        expect(opened.locator("#message")).to_contain_text("largest were looked at")
        opened.close()


def test_too_many_visitors_are_asked_to_try_again(browser: Browser, monkeypatch) -> None:
    monkeypatch.setattr("fer.ui.page.MAX_WAITING", 0)
    monkeypatch.setattr(live, "CONCURRENT_REQUESTS", 0)
    monkeypatch.setattr(live, "WAIT_SECONDS", 0.1)
    with served() as page:
        opened = open_page(browser, page.local_url)
        opened.locator(".example").first.click()
        expect(opened.get_by_text("busy. Please try again")).to_be_visible()
        opened.get_by_role("tab", name="Live").click()
        # For another model than the page itself can run.
        expect(opened.locator("#live .where")).to_contain_text("Pictures go to the server")
        opened.get_by_role("button", name="Start").click()
        expect(opened.locator("#live [role=status]")).to_have_text(live.BUSY)
        expect(opened.get_by_role("button", name="Start")).to_be_visible()
        opened.close()
