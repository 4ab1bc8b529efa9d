"""Fixtures that several test files share."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import browser as chromium
import hub  # before huggingface_hub, which reads its address once
import hub_answers
import pytest
from pages import files_in, open_page
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)
from serving import ROOT, serve
from xdist.scheduler import LoadFileScheduling

OF_THE_PAGE = (
    "test_photo_tab.py",
    "test_live_tab.py",
    "test_video_tab.py",
    "test_batch_tab.py",
    "test_about_tab.py",
    "test_page.py",
    "test_api.py",
    "test_mcp.py",
    "test_guard.py",
    "test_device.py",
    "test_limits.py",
)
LONGEST = (*OF_THE_PAGE, "test_reproduce.py", "test_training.py", "test_bad_connection.py")
REQUIRE_BROWSER = os.environ.get("FER_REQUIRE_BROWSER") == "1"


@pytest.fixture(scope="session", autouse=True)
def of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Networks that tests train and throw away are not kept in the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def portrait() -> Path:
    """A photo with one smiling face."""
    return ROOT / "fer" / "ui" / "examples" / "astronaut.jpg"


@pytest.fixture(scope="session")
def server_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the running app keeps its temporary files."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def app_url(server_files: Path) -> Iterator[str]:
    """Address of a running app, an MCP server too, which may leave no file behind when it ends."""
    with serve(TMPDIR=str(server_files), GRADIO_MCP_SERVER="True") as url:
        yield url
    assert files_in(server_files) == []


@pytest.fixture(scope="session")
def browser(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real Chromium; without one the test is left out, or fails where that is not allowed."""
    path = chromium.find()
    if path is None:
        (pytest.fail if REQUIRE_BROWSER else pytest.skip)(chromium.LEFT_OUT)
    with sync_playwright() as playwright:
        film = chromium.make_film(portrait, tmp_path_factory.mktemp("camera") / "film.mjpeg")
        running = chromium.launch(playwright, path, film)
        yield running
        running.close()


@pytest.fixture(scope="session")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hub.Hub]:
    with hub_answers.running(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def loopback(
    running_hub: hub.Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[hub.Hub]:
    """An empty hub without faults, and an empty cache; waiting between attempts takes no time."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.utils._http.time", hub.Clock(running_hub))
    monkeypatch.setattr("huggingface_hub.file_download.time", hub.Clock(running_hub))
    running_hub.start_over()
    yield running_hub
    shutil.rmtree(running_hub.root)
    running_hub.root.mkdir()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where what is pulled from the loopback hub is kept."""
    return tmp_path / "cache"


@pytest.fixture
def import_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Any]]:
    """Run app.py in this process; returns its module, which the next test will not find."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", "the app sets its own")
    monkeypatch.syspath_prepend(ROOT)
    yield lambda: importlib.import_module("app")
    sys.modules.pop("app", None)


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor's browser, whose cache knows the page's scripts from one test to the next."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext, app_url: str) -> Iterator[Page]:
    """The app's page, newly opened; it may ask nothing of other hosts or against its policy."""
    foreign: list[str] = []
    forbidden: list[str] = []
    own = (app_url, app_url.replace("http", "ws", 1), "data:", "blob:")

    def watch(request: Request) -> None:
        if not request.url.startswith(own):
            foreign.append(request.url)

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            forbidden.append(message.text)

    opened = open_page(visitor, app_url, watch=watch, listen=listen)
    yield opened
    opened.close()
    assert foreign == []
    assert forbidden == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: at the end one of two processes would be left alone with them."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


class Scheduler(LoadFileScheduling):
    """A file goes to one process, and what asks the running app goes to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "the page" if file.endswith(OF_THE_PAGE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    """How `-n` shares the tests out."""
    return Scheduler(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the browser tests were left out: a skip alone is easily overlooked."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(chromium.LEFT_OUT in str(report.longrepr) for report in skipped):
        terminalreporter.section("WARNING", sep="!", red=True, bold=True)
        terminalreporter.line(chromium.LEFT_OUT, red=True, bold=True)
