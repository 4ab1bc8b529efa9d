"""The app's page as a test sees it: opened, examined, and the files that the app left."""

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from fer.labels import EMOTIONS


def files_in(folder: Path) -> list[Path]:
    """Every file below a folder, from which others may take files and folders meanwhile."""
    return [Path(place, name) for place, _, names in os.walk(folder) for name in names]


def open_page(
    browser: Browser | BrowserContext,
    url: str,
    disclaimer_read: bool = True,
    watch: Callable[[Request], object] = lambda request: None,
    listen: Callable[[ConsoleMessage], object] = lambda message: None,
    **settings: Any,
) -> Page:
    """The app's page in a browser of its own, as a visitor has it who has read the disclaimer."""
    page = browser.new_page(**settings)
    page.on("request", watch)
    page.on("console", listen)
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


def upload(page: Page, file: Path) -> None:
    page.locator("#picture input[type=file]").set_input_files(file)


def answer(page: Page, part: str) -> Locator:
    """A part of the answer for the chosen face, the details too where they are folded."""
    return page.locator(f".answered [data-of]:not([hidden]) {part}")


def heatmap(page: Page) -> Locator:
    return page.locator(".photo .layer")


def painted(page: Page) -> Image.Image:
    """The heatmap as it is drawn, RGBA."""
    address = heatmap(page).evaluate("canvas => canvas.toDataURL()")
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


def expect_top(page: Page, emotion: str) -> None:
    """The named emotion is in the headline and in the first of seven bars, with a heatmap."""
    expect(answer(page, ".top-emotion")).to_have_text(emotion)
    expect(answer(page, ".emotions th")).to_have_count(len(EMOTIONS))
    expect(answer(page, ".emotions th").first).to_have_text(emotion)
    expect(heatmap(page)).to_be_visible()
    assert painted(page).getbbox()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def fits_a_phone(page: Page) -> bool:
    """Whether nothing of what is shown reaches beyond a phone's width."""
    before = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 780})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    return width <= 360


def cancel_job(page: Page, tab: str, server_files: Path) -> None:
    """Cancel while the progress is shown; what the work had in its hands goes too."""
    expect(page.locator(f"#{tab}-progress progress")).to_be_visible()
    page.locator(f"#{tab}-cancel").click()
    expect(page.locator(f"#{tab}-progress")).to_contain_text("Cancelled")
    expect(page.locator(f"#{tab}-cancel")).to_be_hidden()
    for _ in range(60):
        if not files_in(server_files):
            break
        page.wait_for_timeout(500)
    assert files_in(server_files) == []
