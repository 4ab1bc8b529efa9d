"""Fixtures that several test files share."""

import os
from collections.abc import Iterator
from pathlib import Path

import browser as chromium
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from serving import ROOT, serve

REQUIRE_BROWSER = os.environ.get("FER_REQUIRE_BROWSER") == "1"


@pytest.fixture(scope="session")
def portrait() -> Path:
    """A photo with one smiling face."""
    return ROOT / "fer" / "ui" / "examples" / "astronaut.jpg"


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running app, which may leave no file behind when it ends."""
    temporary = tmp_path_factory.mktemp("server")
    with serve(TMPDIR=str(temporary)) as url:
        yield url
    assert [path for path in temporary.rglob("*") if path.is_file()] == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; without one the test is left out, or fails where that is not allowed."""
    path = chromium.find()
    if path is None:
        (pytest.fail if REQUIRE_BROWSER else pytest.skip)(chromium.LEFT_OUT)
    with sync_playwright() as playwright:
        running = chromium.launch(playwright, path)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Page]:
    """The app's page as a new visitor sees it; it may ask nothing of any other host."""
    foreign: list[str] = []
    opened = browser.new_page()
    own = (app_url, app_url.replace("http", "ws", 1), "data:", "blob:")
    opened.on("request", lambda request: request.url.startswith(own) or foreign.append(request.url))
    opened.goto(app_url)
    opened.locator("#example").wait_for()
    yield opened
    opened.close()
    assert foreign == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the browser tests were left out: a skip alone is easily overlooked."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(chromium.LEFT_OUT in str(report.longrepr) for report in skipped):
        terminalreporter.section("WARNING", sep="!", red=True, bold=True)
        terminalreporter.line(chromium.LEFT_OUT, red=True, bold=True)
