"""Make the README's picture of the app again.

python tests/screenshot.py
"""

import sys

import browser as chromium
from playwright.sync_api import sync_playwright
from serving import ROOT, serve

PICTURE = ROOT / "fer" / "ui" / "screenshots" / "photo.jpg"


def main() -> None:
    """The example, answered, on a screen of usual width."""
    path = chromium.find()
    if path is None:
        sys.exit("No Chromium was found: run `python tests/browser.py` first.")
    with serve() as url, sync_playwright() as playwright:
        running = chromium.launch(playwright, path)
        page = running.new_page(viewport={"width": 1180, "height": 800})
        page.goto(url)
        page.locator("#example").click()
        page.locator("#heatmap img").wait_for()
        page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
        page.wait_for_timeout(1000)  # for what fades out
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE, full_page=True, type="jpeg", quality=88)
        running.close()


if __name__ == "__main__":
    main()
