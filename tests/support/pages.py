"""The app's page as a test sees it: opened, examined, and the files that the app left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def open_page(
    browser: Browser | BrowserContext,
    url: str,
    disclaimer_read: bool = True,
    watch: Callable[[Request], object] = lambda request: None,
    **settings: Any,
) -> Page:
    """The app's page in a browser of its own, as a visitor has it who has read the disclaimer."""
    page = browser.new_page(**settings)
    page.on("request", watch)
    page.set_default_timeout(60_000)  # for a busy machine
    if disclaimer_read:
        page.add_init_script("localStorage.setItem('disclaimer-read', 'yes')")
    page.goto(url)
    page.locator(".example").first.wait_for()
    return page


def serious(page: Page) -> list[str]:
    """What axe finds that keeps people from using the page."""
    page.wait_for_timeout(300)  # for what fades in: half-faded text has too little contrast
    found = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]
