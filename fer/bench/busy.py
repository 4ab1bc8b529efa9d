"""How an answer fares beside other processes that keep the same cores busy.

Fair shares slow everybody alike. An answer whose threads spin, or wait for each other at every
step, is slowed by more than that.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import fer
from fer.bench import clock
from fer.bench.answers import photo_of
from fer.bench.photos import SIZES, SMALL, compose
from fer.bench.plan import Plan
from fer.bench.records import Measurement, measurement
from fer.cores import cores

OTHERS = 8
GROUP = f"Beside {OTHERS} busy processes"
BEYOND = f"slower beside {OTHERS} busy ones than its share of the cores explains"

BUSY = "while True: pass"
COUNT = """
import sys, time
end = time.perf_counter() + float(sys.argv[1])
while time.perf_counter() < end: pass
print(time.process_time())
"""


def beside_others(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Measurement]:
    """A photo of one face, alone and beside them, and what share of the cores is left."""
    data = compose(SIZES[SMALL], 1).jpeg()
    alone, alone_share = _answer(lambda: recognizer(data), plan)
    with busy_processes(OTHERS):
        beside, beside_share = _answer(lambda: recognizer(data), plan)
    slowdown, share = beside.median / alone.median, beside_share / alone_share
    yield beside
    yield measurement(GROUP, "times as long as alone", [slowdown], "×")
    yield measurement(GROUP, "share of the cores left, of that alone", [100 * share], "%")
    yield measurement(GROUP, BEYOND, [slowdown * share], "×")


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Processes that do nothing but compute; they end with the block."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _answer(call: Callable[[], object], plan: Plan) -> tuple[Measurement, float]:
    """The milliseconds of an answer now, and the share of the cores left to such a process."""
    values = [1000 * value for value in clock.repeated(call, plan)]
    return measurement(GROUP, photo_of(SMALL, 1) + " beside them", values, "ms"), _share(plan)


def _share(plan: Plan) -> float:
    """The part of all cores that as many plain processes get as there are cores."""
    count, seconds = cores(), max(plan.seconds, 1.0)
    command = [sys.executable, "-c", COUNT, str(seconds)]
    asked = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    got = [float(process.communicate()[0]) for process in asked]
    return sum(got) / (count * seconds)
