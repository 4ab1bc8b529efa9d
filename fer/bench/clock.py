"""How long a call takes, measured until it is known well enough."""

from collections.abc import Callable
from time import perf_counter

from fer.bench.plan import Plan


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes once."""
    begun = perf_counter()
    call()
    return perf_counter() - begun


def repeated(call: Callable[[], object], plan: Plan) -> list[float]:
    """The seconds of each of several calls; a first one, which prepares what stays, is not counted.

    Quick calls are repeated for `plan.seconds`, slow ones `plan.least` times.
    """
    call()
    taken: list[float] = []
    while len(taken) < plan.least or sum(taken) < plan.seconds:
        taken.append(seconds(call))
    return taken
