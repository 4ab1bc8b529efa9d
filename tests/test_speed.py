"""How long a visitor waits, on two cores and with nothing else running."""

import time
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from pace import slowness
from playwright.sync_api import Page
from serving import serve

pytestmark = pytest.mark.alone

RATE = "least => parseFloat(document.querySelector('#live .rate').textContent) >= least"


def test_the_app_starts_within_ten_seconds_and_then_answers_within_one(portrait: Path) -> None:
    starts, answers = [], []
    allowed = slowness()
    for _ in range(2):  # a second chance, for something else may be running
        begun = time.monotonic()
        with serve() as url:
            starts.append(time.monotonic() - begun)
            client = Client(url, verbose=False)
            asked = time.monotonic()
            client.predict(photo=handle_file(portrait), api_name="/recognize")
            answers.append(time.monotonic() - asked)
        if starts[-1] < 10 * allowed and answers[-1] < 1 * allowed:
            break
    assert min(starts) < 10 * allowed
    assert min(answers) < 1 * allowed


def test_live_is_updated_five_times_a_second(page: Page) -> None:
    slow = slowness()
    page.get_by_role("tab", name="Live").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_function(RATE, arg=5 / slow, timeout=30_000)
