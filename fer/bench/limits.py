"""What `fer bench --check` holds; two idle cores of a server with AVX-512 are fast enough."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from fer.bench import app, busy, environment
from fer.bench.answers import LIVE, VIDEO, by_fast, classified, found, photo_of
from fer.bench.photos import SMALL
from fer.bench.records import Measurement, Record

DDAMFN = "ddamfn-ferplus"


@dataclass(frozen=True)
class Limit:
    """A bound on a figure, in its unit; a * in its name stands for anything: the worst counts."""

    what: str
    bound: float
    at_least: bool = False


LIMITS = (
    Limit("import fer", 0.25),
    Limit("fer photo.jpg", 1.2),
    Limit("* --help", 0.5),
    Limit(app.START, 6),
    Limit(app.MEMORY, 500),
    Limit(environment.SIZE, 900),
    Limit(photo_of(SMALL, 1), 50),
    Limit(photo_of(SMALL, 10), 220),
    Limit(by_fast(photo_of(SMALL, 1)), 50),
    Limit(by_fast(photo_of(SMALL, 10)), 220),
    Limit(found(SMALL), 10, at_least=True),
    Limit(classified(DDAMFN, "fp32", 1), 22),
    Limit(classified(DDAMFN, "fp32", 8), 14),
    Limit(classified(DDAMFN, "bf16", 1), 10),
    Limit(classified(DDAMFN, "bf16", 8), 6),
    Limit(VIDEO, 60, at_least=True),
    Limit(LIVE, 40),
    Limit(busy.BEYOND, 1.1),  # 1 is fair; a tenth more is the error of such measurements
)


@dataclass(frozen=True)
class Verdict:
    """What became of a limit: the figure it is about, or why there is none."""

    limit: Limit
    figure: Measurement | None
    reason: str = ""

    @property
    def missed(self) -> bool:
        """Whether it is not held. A figure that cannot be had here is no miss; a forgotten is."""
        if self.figure is None:
            return not self.reason
        value, bound = self.figure.median, self.limit.bound
        return value < bound if self.limit.at_least else value > bound


def verdicts(record: Record) -> list[Verdict]:
    """Every limit against the figures of a record."""
    return [_verdict(limit, record) for limit in LIMITS]


def _verdict(limit: Limit, record: Record) -> Verdict:
    figures = [one for one in record.measured if fnmatchcase(one.what, limit.what)]
    if not figures:
        reasons = [one.reason for one in record.skipped if one.what == limit.what]
        return Verdict(limit, None, *reasons)
    worst = min if limit.at_least else max
    return Verdict(limit, worst(figures, key=lambda figure: figure.median))
