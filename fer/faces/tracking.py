"""Which face of one picture is which face of the next: the one whose box overlaps most."""

from collections.abc import Sequence
from typing import Any

from fer.faces.cuts import is_cut

Box = Sequence[float]  # x0, y0, x1, y1

SAME = 0.3  # overlap above which two boxes are the same face: people move between pictures
PATIENCE = 1.5  # seconds for which a face may be out of sight and still keep its number


def overlap(a: Box, b: Box) -> float:
    """The shared part of two boxes' union, from 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)


def match(before: Sequence[Box], now: Sequence[Box]) -> list[int | None]:
    """For each box of `now` the index of the same face in `before`, best pairs first."""
    pairs = [(overlap(a, b), i, j) for i, a in enumerate(before) for j, b in enumerate(now)]
    same: list[int | None] = [None] * len(now)
    for value, i, j in sorted(pairs, reverse=True):
        if value >= SAME and same[j] is None and i not in same:
            same[j] = i
    return same


class Tracker:
    """Gives the same number, from 1 on, to the same face in the pictures of a clip."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[float, Box]] = {}  # number: when and where it was last seen
        self._count = 0
        self._glimpse = b""

    def __call__(
        self, seconds: float, boxes: Sequence[Box], glimpse: bytes | None = None
    ) -> list[int]:
        """The numbers of the boxes in the picture at `seconds`.

        With a `glimpse` of every picture (`fer.faces.cuts`), no number goes on over a cut.
        """
        if glimpse is not None:
            if self._glimpse and is_cut(self._glimpse, glimpse):
                self._last = {}
            self._glimpse = glimpse
        recent = {n: seen for n, seen in self._last.items() if seconds - seen[0] <= PATIENCE}
        before = list(recent)
        numbers = []
        for box, i in zip(boxes, match([box for _, box in recent.values()], boxes), strict=True):
            if i is None:
                self._count += 1
            number = self._count if i is None else before[i]
            recent[number] = (seconds, box)
            numbers.append(number)
        self._last = recent
        return numbers

    def state(self) -> dict[str, Any]:
        """All that it knows, as plain data, from which `resume` goes on."""
        return {"last": list(self._last.items()), "count": self._count, "seen": self._glimpse.hex()}

    @classmethod
    def resume(cls, state: dict[str, Any]) -> "Tracker":
        """One that goes on where another was."""
        tracker = cls()
        tracker._last = {number: (when, box) for number, (when, box) in state["last"]}
        tracker._count, tracker._glimpse = state["count"], bytes.fromhex(state["seen"])
        return tracker
