"""What was measured, where and when: what `fer bench --json` writes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

import msgspec

from fer.errors import DataError
from fer.models.files import write_json


@dataclass(frozen=True)
class Machine:
    """What computed."""

    processor: str
    cores: int  # that this process may use
    memory_gb: float
    system: str


@dataclass(frozen=True)
class Measurement:
    """A figure: the median of its runs, and the middle half of them."""

    group: str
    what: str
    median: float
    low: float  # first quartile
    high: float  # third quartile
    unit: str
    runs: int


@dataclass(frozen=True)
class Skipped:
    """What could not be measured here, and why."""

    group: str
    what: str
    reason: str


Outcome = Measurement | Skipped


@dataclass(frozen=True)
class Record:
    """One run of `fer bench`."""

    date: str
    version: str  # of the library
    commit: str | None  # of its code where that is a clone, with + where files differ from it
    model: str
    engine: str
    precision: str
    quick: bool  # with few runs
    machine: Machine
    versions: dict[str, str]  # of Python and of the packages that compute
    measured: list[Measurement]
    skipped: list[Skipped]


def measurement(group: str, what: str, values: Sequence[float], unit: str) -> Measurement:
    """The figure of one or more runs."""
    several = values if len(values) > 1 else [values[0]] * 2
    low, median, high = quantiles(several, n=4, method="inclusive")
    return Measurement(group, what, median, low, high, unit, len(values))


def write(path: Path, record: Record) -> None:
    """Write a record as JSON; raises `DataError` where that cannot be."""
    try:
        write_json(path, asdict(record))
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): choose another.") from error


def read(path: Path) -> Record:
    """Read it again; raises `DataError` when it is not such a record."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path} is no record of fer bench: write it anew with --json.") from error
