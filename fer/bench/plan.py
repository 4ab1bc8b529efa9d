"""How much is measured, and how often."""

from dataclasses import dataclass

from fer.bench.photos import SIZES, SMALL


@dataclass(frozen=True)
class Plan:
    """A whole run, or a quick one."""

    processes: int  # runs of each command
    least: int  # runs of each call in this process
    seconds: float  # to go on with it for
    sizes: tuple[str, ...]  # of photos, keys of `SIZES`
    batches: tuple[int, ...]  # of face crops
    clip_seconds: int


WHOLE = Plan(5, 7, 2.0, tuple(SIZES), (1, 2, 4, 8, 16, 32, 64), 10)
QUICK = Plan(1, 3, 0.3, (SMALL, "12 MP"), (1, 8), 2)
