"""A Chromium for the browser tests: any that is there, else one is installed.

python tests/support/browser.py
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# No GPU and no sandbox in containers; and the browser itself must not call home, since the tests
# assert that the page does not.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]

LEFT_OUT = "THE BROWSER TESTS ARE LEFT OUT: no Chromium was found and none could be installed."


def find() -> str | None:
    """Path of a Chromium that starts, or `None`."""
    with sync_playwright() as playwright:
        candidates = [shutil.which(name) for name in NAMES] + [playwright.chromium.executable_path]
    return next((path for path in candidates if path and _starts(path)), None)


def launch(playwright: Playwright, path: str, film: Path) -> Browser:
    """Start the browser without a window; its camera shows the film, an .mjpeg file."""
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    return playwright.chromium.launch(executable_path=path, args=flags)


def make_film(portrait: Path, film: Path) -> Path:
    """A second of a portrait that moves a little, as the fake camera wants it."""
    photo = Image.open(portrait).convert("RGB").resize((480, 480))
    with film.open("wb") as file:
        for shift in range(20):
            frame = Image.new("RGB", (640, 480), "grey")
            frame.paste(photo, (70 + shift, 0))
            frame.save(file, "JPEG", quality=90)
    return film


def install() -> None:
    """Install Debian's package where that is possible, else Playwright's own build."""
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([apt, "update", "-q"], env=quiet, check=False)
        package = [apt, "install", "-q", "-y", "--no-install-recommends", "chromium"]
        subprocess.run(package, env=quiet, check=False)
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _starts(path: str) -> bool:
    """Ubuntu's `chromium-browser`, for one, can be a mere hint to install something else."""
    if not Path(path).exists():
        return False
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    if not find():
        install()
    if not find():
        print(f"\n{'!' * len(LEFT_OUT)}\n{LEFT_OUT}\n{'!' * len(LEFT_OUT)}\n", file=sys.stderr)
