"""Make the README's pictures of the app again: every tab, the phone and the dark page.

python tests/support/screenshot.py
"""

import io
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import browser as chromium
from films import write_clip
from pages import open_page
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright
from serving import ROOT, serve

PICTURES = ROOT / "fer" / "ui" / "screenshots"
PORTRAIT = ROOT / "fer" / "ui" / "examples" / "astronaut.jpg"

DESK = {"viewport": {"width": 1120, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 2}
DARK = {**DESK, "color_scheme": "dark"}


def photo(page: Page, _: Path) -> None:
    page.locator(".example").first.click()
    page.locator(".photo .layer").wait_for()


def live(page: Page, _: Path) -> None:
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start").click()
    page.locator("#live .box").wait_for()
    page.wait_for_timeout(8000)


def video(page: Page, folder: Path) -> None:
    clip = write_clip(folder / "clip.mp4", PORTRAIT, 4)
    page.get_by_role("tab", name="Video").click()
    page.locator("#clip input[type=file]").set_input_files(clip)
    # A flat line is as good, which Playwright would call hidden.
    page.locator("#video-result .expressions path").first.wait_for(state="attached")
    page.get_by_label("Time", exact=True).fill("2.0")


def batch(page: Page, folder: Path) -> None:
    one = Image.open(PORTRAIT)
    changed = {
        "portrait.jpg": one,
        "mirrored.jpg": ImageOps.mirror(one),
        "grey.jpg": one.convert("L"),
        "small.jpg": one.resize((200, 200)),
    }
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for name, picture in changed.items():
            file = io.BytesIO()
            picture.save(file, "JPEG")
            archive.writestr(name, file.getvalue())
        archive.writestr("notes.txt", "not a photo")
    page.get_by_role("tab", name="Batch").click()
    page.locator("#batch-files input[type=file]").set_input_files(folder / "photos.zip")
    page.locator("#batch-result .sortable").wait_for()


def about(page: Page, _: Path) -> None:
    page.get_by_role("tab", name="About").click()


SHOTS: dict[str, tuple[Callable[[Page, Path], None], dict]] = {
    "photo": (photo, DESK),
    "live": (live, DESK),
    "video": (video, DESK),
    "batch": (batch, DESK),
    "about": (about, DESK),
    "dark": (photo, DARK),
    "phone": (photo, PHONE),
}


def main() -> None:
    """Every tab in use."""
    path = chromium.find()
    if path is None:
        sys.exit("No Chromium was found: run `python tests/support/browser.py` first.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, serve() as url, sync_playwright() as playwright:
        folder = Path(name)
        film = chromium.make_film(PORTRAIT, folder / "film.mjpeg")
        running = chromium.launch(playwright, path, film)
        for shot, (prepare, settings) in SHOTS.items():
            page = open_page(running, url, **settings)
            prepare(page, folder)
            page.wait_for_timeout(1000)  # for what fades in and out
            whole = settings is not PHONE  # a phone's page is long
            file = PICTURES / f"{shot}.jpg"
            page.screenshot(path=file, full_page=whole, type="jpeg", quality=80)
            page.close()
        running.close()


if __name__ == "__main__":
    main()
