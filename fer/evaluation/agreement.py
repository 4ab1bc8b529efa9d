"""Do figures come out as they were recorded? Each of them, by its path in `metrics.json`.

The same machine gives the same bits, so there every figure has to be the same. Another processor
rounds differently, which moves every probability a little and may turn a face or two on the brink.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from fer.models.records import SplitFigures

# What judging again cannot tell: when and by what the figures were measured.
NOT_CHECKABLE = ("times_scored", "provenance.commit", "provenance.date", "provenance.versions")
SAME = 1e-7  # relative: as far as sums of float32 go
FEW = 0.001  # of the faces, which another processor may answer otherwise
ROUNDED = 0.01  # how far that may move a share
ROUNDED_LOSS = 0.001  # and a mean over all faces
# Shares of all faces: these few move them by as many faces and no more.
OF_ALL = re.compile(r"((ablation|slices)\.\d+\.)?(overall_accuracy\.value|levels_[35](\.\w+)?)")


@dataclass(frozen=True)
class Difference:
    """A figure that does not come out, and what comes out."""

    path: str
    recorded: object
    measured: object


@dataclass(frozen=True)
class Agreement:
    """What two sets of figures differ in, and whether they were held to be of one machine."""

    differences: list[Difference]
    exact: bool


def leaves(record: Any) -> dict[str, Any]:
    """Every number and text of a record by its path, such as `levels_5.accuracy`."""
    return dict(_walk(msgspec.to_builtins(record), ""))


def compare(measured: SplitFigures, recorded: SplitFigures) -> Agreement:
    """What of the recorded figures is not as it was measured now, or measured and not recorded."""
    new, old = _checkable(measured), _checkable(recorded)
    if measured.ablation and recorded.ablation:  # the model's own row has the name of its folder
        own, former = measured.ablation[-1].name, recorded.ablation[-1].name
        new = {path: former if value == own else value for path, value in new.items()}
    if _plain(measured.provenance.data) == _plain(recorded.provenance.data):
        new["provenance.data"] = recorded.provenance.data
    # Rounding moves many of the means at once, a forger one figure.
    means = [path for path in new if re.search(r"log_loss$|confidence$", path)]
    exact = sum(new[path] != old.get(path, new[path]) for path in means) <= 1
    few = int(FEW * measured.n)
    unlike = [
        Difference(path, old.get(path), new.get(path))
        for path in dict.fromkeys([*new, *old])
        if not (
            _same(new.get(path), old.get(path))
            or (not exact and _near(path, new.get(path), old.get(path), few, measured))
        )
    ]
    return Agreement(unlike, exact)


def answered_otherwise(measured: SplitFigures, recorded: SplitFigures) -> int:
    """How many faces two sets of figures count differently, rounded up."""
    moved = np.abs(np.subtract(measured.confusion, recorded.confusion)).sum()
    return int(np.ceil(moved / 2))


def _checkable(figures: SplitFigures) -> dict[str, Any]:
    return {
        path: value
        for path, value in leaves(figures).items()
        if value is not None and not path.startswith(NOT_CHECKABLE)
    }


def _same(new: Any, old: Any) -> bool:
    if isinstance(new, float) and isinstance(old, int | float):
        return math.isclose(new, old, rel_tol=SAME, abs_tol=1e-12)
    return new == old


def _near(path: str, new: Any, old: Any, few: int, figures: SplitFigures) -> bool:
    """Whether a figure is what another processor may make of it."""
    if not all(isinstance(value, int | float) for value in (new, old)):
        return False
    if path.startswith("per_class.") or path.endswith(".p"):
        return True  # they follow from counts beside them, which the check of a card holds
    place = re.fullmatch(r"reliability\.(\d+)\.(confidence|accuracy)", path)
    if place and few > ROUNDED * figures.reliability[int(place[1])].n:
        return True  # of a bin with few faces, one more or less changes everything
    if path.endswith(".n") and not place:
        return False  # how many faces there are follows from the data alone
    if isinstance(new, int):
        return abs(new - old) <= few
    if OF_ALL.fullmatch(path):
        return round(figures.n * abs(new - old), 3) <= few
    return abs(new - old) <= (ROUNDED_LOSS if path.endswith("log_loss") else ROUNDED)


def _walk(values: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict | list):
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        for name, value in pairs:
            yield from _walk(value, f"{path}.{name}".lstrip("."))
    else:
        yield path, values


def _plain(name: str) -> str:
    """The name of data without what spellings of one differ in."""
    return re.sub(r"[\W_]", "", name.lower())
