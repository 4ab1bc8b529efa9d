"""An app that nobody asks anything leaves the cores to others."""

import sys
import time

import psutil
import pytest
from serving import run

WAKEUPS = 200  # a second; gradio's queue as it comes wakes 800 times and more
SHARE = 0.15  # of a core, which a thread that spins would take whole


@pytest.mark.skipif(sys.platform != "linux", reason="threads are processes only there")
def test_an_idle_app_sleeps() -> None:
    with run() as (_, number):
        app = psutil.Process(number)
        # A while after its start, whatever that still has to do.
        assert any(sleeps(app) for _ in range(20))


def sleeps(app: psutil.Process) -> bool:
    """Whether the app hardly computes and seldom wakes, for a second."""
    before = wakeups(app), sum(app.cpu_times()[:2])
    time.sleep(1)
    woken, computed = wakeups(app) - before[0], sum(app.cpu_times()[:2]) - before[1]
    return woken < WAKEUPS and computed < SHARE


def wakeups(app: psutil.Process) -> int:
    """How often its threads have been woken so far."""
    threads = [psutil.Process(thread.id) for thread in app.threads()]
    return sum(thread.num_ctx_switches().voluntary for thread in threads)
