"""How long a user waits, on two cores and with nothing else running: not for `pytest -n`."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from gradio_client import Client, handle_file
from pace import slowness
from pages import open_page
from playwright.sync_api import Browser
from serving import run

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


class Started(NamedTuple):
    url: str
    process: psutil.Process
    seconds: float  # until it was there


@contextmanager
def timed() -> Iterator[Started]:
    """Run the app."""
    begun = time.monotonic()
    with run() as (url, number):
        yield Started(url, psutil.Process(number), time.monotonic() - begun)


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    with timed() as app:
        yield app


def test_the_app_starts_within_ten_seconds_and_then_answers_within_one(
    started: Started, portrait: Path
) -> None:
    starts, answers = [started.seconds], [first_answer(started.url, portrait)]
    allowed = slowness()
    if starts[0] >= 10 * allowed or answers[0] >= 1 * allowed:
        with timed() as again:  # a second chance, for something else may be running
            starts.append(again.seconds)
            answers.append(first_answer(again.url, portrait))
    assert min(starts) < 10 * allowed
    assert min(answers) < 1 * allowed


def first_answer(url: str, portrait: Path) -> float:
    """Seconds that the app takes for a photo."""
    client = Client(url, verbose=False)
    asked = time.monotonic()
    client.predict(photo=handle_file(portrait), api_name="/recognize")
    return time.monotonic() - asked


def test_an_idle_app_leaves_the_cpu_to_others(started: Started) -> None:
    started.process.cpu_percent()  # from now on
    time.sleep(3)
    assert started.process.cpu_percent() < 4 * slowness()


def test_live_is_updated_five_times_a_second(started: Started, browser: Browser) -> None:
    slow = slowness()
    page = open_page(browser, started.url)
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(RATE, arg=5 / slow, timeout=30_000)
    page.close()
