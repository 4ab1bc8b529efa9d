"""The seven emotions and the nested 5- and 3-level sentiment scales, defined once for the project.
A model may have labels of its own, and say on which level each of them lies.

Order is RAF-DB's (file labels 1…7, indices 0…6). The scales are nested: each emotion belongs to one
of five levels, each of those to one of three. Surprise can be pleasant or not; that it counts as
positive is a convention of this project.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EMOTIONS = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")

LEVELS_5 = {
    "very negative": ("fear", "disgust", "anger"),
    "negative": ("sadness",),
    "neutral": ("neutral",),
    "positive": ("surprise",),
    "very positive": ("happiness",),
}

LEVELS_3 = {
    "negative": LEVELS_5["very negative"] + LEVELS_5["negative"],
    "neutral": LEVELS_5["neutral"],
    "positive": LEVELS_5["positive"] + LEVELS_5["very positive"],
}

# The colours that stand for them: of P. Tol's “muted” scheme, which stay apart in every kind of
# colour blindness.
COLOURS = dict(
    zip(
        EMOTIONS,
        ("#44aa99", "#aa4499", "#999933", "#ddaa33", "#3377bb", "#cc3311", "#888888"),
        strict=True,
    )
)

OTHERS = 137.5  # degrees from one hue to the next, of other labels: they never come round again

VALENCE_OF_LEVELS_5 = np.array([-1.0, -0.5, 0.0, 0.5, 1.0], dtype=np.float32)

Scale = dict[str, tuple[str, ...]]


MOST_LABELS = 28
LONGEST = 40  # characters of a label
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


@dataclass(frozen=True)
class LabelSet:
    """What a model answers with, in order, and the level of five on which each label lies."""

    names: tuple[str, ...]
    levels: tuple[str, ...]  # as many, or none: then there are neither scales nor valence

    @property
    def of_levels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each of the five levels that has some; empty without scales."""
        pairs = list(zip(self.names, self.levels, strict=True)) if self.levels else []
        own = {level: tuple(name for name, at in pairs if at == level) for level in LEVELS_5}
        return {level: names for level, names in own.items() if names}


SEVEN = LabelSet(
    EMOTIONS,
    tuple(next(level for level in LEVELS_5 if one in LEVELS_5[level]) for one in EMOTIONS),
)


def declared(labels: Mapping[str, str] | Sequence[str]) -> LabelSet:
    """Labels as a recipe or a configuration declares them: each with its level, or names alone.

    Raises `ValueError` with what is wrong with them.
    """
    names = tuple(labels)
    levels = tuple(labels.values()) if isinstance(labels, Mapping) else ()
    if not 2 <= len(names) <= MOST_LABELS:
        raise ValueError(f"must be 2 to {MOST_LABELS} labels")
    for name in names:
        possible = isinstance(name, str) and name.isprintable() and name == name.strip()
        if not possible or not 0 < len(name) <= LONGEST or "|" in name or name.startswith(FORMULA):
            raise ValueError(f"cannot have one called {str(name)[:LONGEST]!r}")
    if len({name.lower() for name in names}) < len(names):
        raise ValueError("must differ from each other, in more than capitals")
    for name, level in zip(names, levels, strict=bool(levels)):
        if level not in LEVELS_5:
            known = ", ".join(LEVELS_5)
            raise ValueError(f"map {name!r} to {level!r}, which is no level: choose one of {known}")
    return LabelSet(names, levels)


def colours(names: Sequence[str]) -> dict[str, str]:
    """The colour of each label, as CSS has it; beside the seven they are told apart by hue."""
    others = (f"hsl({number * OTHERS % 360:g} 45% 50%)" for number in range(len(names)))
    return {name: COLOURS.get(name) or next(others) for name in names}


def membership(scale: Scale, labels: LabelSet = SEVEN) -> NDArray[np.float32]:
    """Labels × levels, 1 where the label belongs to the level and 0 elsewhere."""
    # An emotion that stands for each label: one of its level.
    emotions = [LEVELS_5[level][0] for level in labels.levels]
    rows = [[float(emotion in members) for members in scale.values()] for emotion in emotions]
    return np.array(rows, dtype=np.float32)


def to_levels(
    probabilities: NDArray[np.float32], scale: Scale, labels: LabelSet = SEVEN
) -> NDArray[np.float32]:
    """Sum probabilities of labels (…×K) into the levels of a scale (…×levels)."""
    return probabilities @ membership(scale, labels)


def most_probable(shares: Mapping[str, float]) -> str:
    """The label or level with the largest probability."""
    return max(shares, key=shares.__getitem__)


def valence(probabilities: NDArray[np.float32], labels: LabelSet = SEVEN) -> NDArray[np.float32]:
    """Expected valence in [-1, 1] of probabilities of labels (…×K), shape (…)."""
    return to_levels(probabilities, LEVELS_5, labels) @ VALENCE_OF_LEVELS_5
