"""What YuNet's maps say, as numbers: places that may show a face, each place once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

STRIDES = (8, 16, 32)

# Two boxes show the same face where they share this much of their union, or of the smaller one:
# the latter refuses a small box inside a face.
SAME = 0.3
INSIDE = 0.7
# The answers for one face that share this much of their union are averaged. They agree well, and
# their mean jumps about less than the best of them (V. Bazarevsky et al., "BlazeFace", 2019,
# section 3.3).
ALIKE = 0.5


@dataclass(frozen=True, eq=False)
class Candidates:
    """N places: scores N, boxes N×4 (x0, y0, x1, y1), landmarks N×5×2, all float32, in pixels."""

    scores: NDArray[np.float32]
    boxes: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> "Candidates":
        return Candidates(self.scores[rows], self.boxes[rows], self.landmarks[rows])

    @property
    def widths(self) -> NDArray[np.float32]:
        return self.boxes[:, 2] - self.boxes[:, 0]

    @property
    def centres(self) -> NDArray[np.float32]:
        """The middle of each box, N×2."""
        return self.boxes.reshape(-1, 2, 2).mean(axis=1)

    def scaled(self, factor: ArrayLike, shift: ArrayLike = (0, 0)) -> "Candidates":
        """The same in another picture, larger by `factor` and moved by `shift`, each x and y."""
        grow, move = np.asarray(factor, np.float32), np.asarray(shift, np.float32)
        boxes = self.boxes * np.tile(grow, 2) + np.tile(move, 2)
        return Candidates(self.scores, boxes, self.landmarks * grow + move)


def decode(maps: Iterable[NDArray[np.float32]], threshold: float) -> list[Candidates]:
    """The cells that score above `threshold`, for each picture of the batch.

    `maps` are the network's answers, described at `fer.faces.yunet.YuNet`.
    """
    levels = [
        _decode_level(level, stride, threshold) for level, stride in zip(maps, STRIDES, strict=True)
    ]
    return [join(own) for own in zip(*levels, strict=True)]


def join(parts: Sequence[Candidates]) -> Candidates:
    """All candidates of several."""
    return Candidates(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
    )


def each_once(candidates: Candidates) -> Candidates:
    """Non-maximum suppression: of candidates for the same face one, with the mean of its like.

    The best come first.
    """
    scores, boxes, landmarks = (
        candidates.scores,
        candidates.boxes.copy(),
        candidates.landmarks.copy(),
    )
    left = np.ones(len(candidates), dtype=bool)
    rows = []
    for i in np.argsort(-scores, kind="stable"):
        if not left[i]:
            continue
        of_union, of_smaller = _overlaps(candidates.boxes[i], candidates.boxes)
        alike = left & (of_union >= ALIKE)
        weights = scores[alike] ** 3
        boxes[i] = np.average(candidates.boxes[alike], axis=0, weights=weights)
        landmarks[i] = np.average(candidates.landmarks[alike], axis=0, weights=weights)
        left &= (of_union < SAME) & (of_smaller < INSIDE)
        rows.append(i)
    return Candidates(scores, boxes, landmarks)[np.array(rows, dtype=np.int64)]


def new_ones(candidates: Candidates, known: Candidates) -> Candidates:
    """The candidates that show none of the known faces."""
    left = np.ones(len(candidates), dtype=bool)
    for box in known.boxes:
        of_union, of_smaller = _overlaps(box, candidates.boxes)
        left &= (of_union < SAME) & (of_smaller < INSIDE)
    return candidates[left]


def _overlaps(
    box: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a box shares with each of N others: as part of the union, and of the smaller one."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    area, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / (area + areas - shared), shared / np.minimum(area, areas)


def _decode_level(level: NDArray[np.float32], stride: int, threshold: float) -> list[Candidates]:
    found = []
    for answer in level:
        rows, columns = np.nonzero(answer[0] > threshold)
        values = answer[:, rows, columns].T
        cells = np.stack([columns, rows], axis=1).astype(np.float32)
        centres, sides = cells + values[:, 1:3], np.exp(values[:, 3:5])
        boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
        landmarks = cells[:, None] + values[:, 5:].reshape(-1, 5, 2)
        found.append(Candidates(values[:, 0], boxes * stride, landmarks * stride))
    return found
