"""What `benchmarks.peers` measured, and of what."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from fer.bench.records import Machine
from fer.errors import DataError
from fer.models.records import Interval


@dataclass(frozen=True)
class PhotoFigures:
    """Answers to one photo, from the file on: milliseconds, and which of its faces were found."""

    faces: int
    found: int
    false_alarms: int  # boxes where there is no face, and second ones of a face
    median_ms: float
    low_ms: float  # first quartile
    high_ms: float  # third quartile


@dataclass(frozen=True)
class Accuracy:
    """How often the label of a crop was right."""

    overall: Interval
    mean_class: Interval
    contempt: int  # faces whose first label was contempt, which is left out for the next


@dataclass(frozen=True)
class PeerFigures:
    """One peer. `reason` says why it has no figures, where it has none."""

    name: str  # of its package
    remark: str
    reason: str | None = None
    version: str | None = None
    installed_mb: float | None = None  # a new environment with it and all that it needs
    cold_s: float | None = None  # from the start of a process to its end, one photo answered
    ready_s: float | None = None  # the part of it in which it is imported and its model loaded
    memory_mb: float | None = None  # the most that a process held that answered all photos
    photos: tuple[PhotoFigures, ...] = ()
    accuracy: Accuracy | None = None


@dataclass(frozen=True)
class Comparison:
    """One run of `benchmarks.peers`."""

    date: str
    commit: str | None
    command: str
    python: str
    machine: Machine
    data: str | None  # that accuracies are on, with its split
    n: int  # faces of it
    peers: tuple[PeerFigures, ...]


def read(path: Path) -> Comparison:
    """Read a record; raises `DataError` when it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Comparison)
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(
            f"{path} is no comparison of peers: make it anew with python -m benchmarks.peers."
        ) from error
