"""How long a user waits, on two cores and with nothing else running: not for `pytest -n 2`."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import open_page
from gradio_client import Client, handle_file
from pace import slowness
from playwright.sync_api import Browser
from serving import serve

RATE = "least => parseFloat(document.querySelector('#live .rate').textContent) >= least"


def test_a_process_of_its_own_answers_within_five_seconds_and_without_noise(portrait: Path) -> None:
    command = [sys.executable, "-m", "fer", str(portrait)]
    seconds: list[float] = []
    allowed = 5 * slowness()
    while len(seconds) < 2 and min(seconds, default=allowed) >= allowed:
        # a second chance, for something else may be running
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.monotonic() - started)
        assert "happiness" in done.stdout
        assert done.stderr == ""
    assert min(seconds) < allowed


@contextmanager
def timed() -> Iterator[tuple[str, float]]:
    """Run the app; its address, and the seconds until it was there."""
    begun = time.monotonic()
    with serve() as url:
        yield url, time.monotonic() - begun


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[str, float]]:
    with timed() as app:
        yield app


def test_the_app_starts_within_ten_seconds_and_then_answers_within_one(
    started: tuple[str, float], portrait: Path
) -> None:
    url, seconds = started
    starts, answers = [seconds], [first_answer(url, portrait)]
    allowed = slowness()
    if starts[0] >= 10 * allowed or answers[0] >= 1 * allowed:
        with timed() as (url, seconds):  # a second chance, for something else may be running
            starts.append(seconds)
            answers.append(first_answer(url, portrait))
    assert min(starts) < 10 * allowed
    assert min(answers) < 1 * allowed


def first_answer(url: str, portrait: Path) -> float:
    """Seconds that the app takes for a photo."""
    client = Client(url, verbose=False)
    asked = time.monotonic()
    client.predict(photo=handle_file(portrait), api_name="/recognize")
    return time.monotonic() - asked


def test_live_is_updated_five_times_a_second(started: tuple[str, float], browser: Browser) -> None:
    slow = slowness()
    page = open_page(browser, started[0])
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(RATE, arg=5 / slow, timeout=30_000)
    page.close()
