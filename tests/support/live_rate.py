"""How fast the live tab reads a fake camera by itself, in a headless Chromium.

python tests/support/live_rate.py
"""

import os
import tempfile
from pathlib import Path

import browser as chromium
from pages import open_page, open_tab
from playwright.sync_api import sync_playwright
from serving import ROOT, serve

PORTRAIT = ROOT / "fer" / "ui" / "examples" / "astronaut.jpg"
WARM_UP, MEASURED = 5_000, 15_000  # milliseconds

# How long the worker of each kind took for a task, in the page's own words.
WATCH = """
window.times = {};
const Plain = Worker;
window.Worker = class extends Plain {
  postMessage(message) {
    const { task } = message;
    const find = task?.everywhere ? 'look' : 'follow';
    const kind = !task ? 'load' : Array.isArray(task) ? 'read' : find;
    const sent = performance.now();
    const told = () => (window.times[kind] ??= []).push(performance.now() - sent);
    this.addEventListener('message', told, { once: true });
    super.postMessage(message);
  }
};
"""


def main() -> None:
    """Print pictures and readings a second, and the time of the parts."""
    path = chromium.find()
    if path is None:
        raise SystemExit(chromium.LEFT_OUT)
    with tempfile.TemporaryDirectory() as folder, serve() as url, sync_playwright() as playwright:
        film = chromium.make_film(PORTRAIT, Path(folder) / "film.mjpeg")
        page = open_page(chromium.launch(playwright, path, film), url)
        page.evaluate(f"() => {{ {WATCH} }}")
        open_tab(page, "Live")
        page.get_by_role("button", name="Start").click()
        page.locator("#live .box").wait_for()
        page.wait_for_timeout(WARM_UP)
        page.evaluate("for (const kind of ['look', 'follow', 'read']) window.times[kind] = []")
        page.wait_for_timeout(MEASURED)
        times = page.evaluate("window.times")
    seconds = MEASURED / 1000
    print(f"{(len(times['look']) + len(times['follow'])) / seconds:.1f} pictures a second")
    print(f"{len(times['read']) / seconds:.1f} readings a second")
    for kind, own in times.items():
        own.sort()
        print(f"{kind}: {own[len(own) // 2]:.0f} ms in the middle, {own[0]:.0f} ms at best")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
