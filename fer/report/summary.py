"""What a results file comes to, gathered row by row, so that it may be of any length."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer.bulk.schema import Row, labels_of
from fer.labels import EMOTIONS

VALENCES = 20  # bars of its distribution, from -1 to 1
FAILURES = 200  # that are listed
OF_A_FILM = 2  # of them from one film, whose faces are often the same person again
CLEAREST = 48  # faces of each expression that are remembered, the clearest
Clear = tuple[bool, float]


@dataclass
class Film:
    """What the faces of a film showed in each second: how many they are, the sum of their valences
    and of the probabilities of their expressions, 2 + 7 numbers, or as many as there are labels."""

    labels: tuple[str, ...] = EMOTIONS
    seconds: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    tracks: set[int] = field(default_factory=set)

    def add(self, row: Row) -> None:
        """One more face."""
        valence = math.nan if row["valence"] is None else row["valence"]
        numbers = [1.0, valence, *(row[label] for label in self.labels)]
        second = int(row["seconds"])
        self.seconds[second] = self.seconds.get(second, 0.0) + np.array(numbers)
        self.tracks.add(row["track"])

    def bins(self, most: int) -> tuple[int, dict[int, NDArray[np.float64]]]:
        """The same in at most so many steps of whole seconds, and how long a step is."""
        length = -(-(max(self.seconds) + 1) // most)
        found: dict[int, NDArray[np.float64]] = {}
        for second, numbers in self.seconds.items():
            found[second // length] = found.get(second // length, 0.0) + numbers
        return length, found


@dataclass
class Summary:
    """Everything that the page shows, but for the faces' pictures."""

    labels: tuple[str, ...] = ()  # of the model, as the first row has them
    pictures: int = 0
    faces: int = 0
    without: int = 0
    failed: int = 0
    sure: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    valences: NDArray[np.int64] = field(default_factory=lambda: np.zeros(VALENCES, np.int64))
    films: dict[str, Film] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    _clearest: dict[str, dict[Any, tuple[Clear, Row]]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """One more row."""
        self.labels = self.labels or labels_of(row)
        self.pictures += row["face"] in (None, 1)
        if row["error"] is not None:
            self.failed += 1
            if len(self.failures) < FAILURES:
                self.failures.append((name_of(row), row["error"]))
        elif row["face"] is None:
            self.without += 1
        else:
            self._add_face(row)

    def _add_face(self, row: Row) -> None:
        self.faces += 1
        (self.sure if row["sure"] else self.unsure)[row["emotion"]] += 1
        if row["valence"] is not None:
            self.valences[min(VALENCES - 1, int((row["valence"] + 1) / 2 * VALENCES))] += 1
        if row["seconds"] is not None:
            self.films.setdefault(row["source"], Film(self.labels)).add(row)
        best = self._clearest.setdefault(row["emotion"], {})
        # Of the same face again, in a film or in a copy of a photo, the clearest moment.
        film = row["track"] is not None
        key = (row["source"], row["track"]) if film else (row["image_sha256"], row["face"])
        # Before all those that are not sure: a sharp picture of a doubtful face shows nothing.
        clear = (bool(row["sure"]), row[row["emotion"]] * row["quality"])
        if key not in best or clear > best[key][0]:
            best[key] = (clear, row)
        if len(best) > 4 * CLEAREST:
            kept = sorted(best.items(), key=_clear, reverse=True)[:CLEAREST]
            self._clearest[row["emotion"]] = dict(kept)

    def clearest(self, emotion: str) -> list[Row]:
        """The faces that show an expression most clearly and are best to be seen."""
        of_each: Counter[str] = Counter()
        rows = []
        for _, (_, row) in sorted(
            self._clearest.get(emotion, {}).items(), key=_clear, reverse=True
        ):
            if row["seconds"] is not None:
                of_each[row["source"]] += 1
            if of_each[row["source"]] <= OF_A_FILM:
                rows.append(row)
        return rows[:CLEAREST]


def _clear(item: tuple[Any, tuple[Clear, Row]]) -> Clear:
    return item[1][0]


def summary(rows: Iterable[Row]) -> Summary:
    """What all rows come to."""
    found = Summary()
    for row in rows:
        found.add(row)
    return found


def name_of(row: Row) -> str:
    """What the page calls a picture."""
    return row["source"] if row["item"] is None else f"{row['source']}, {row['item']}"
