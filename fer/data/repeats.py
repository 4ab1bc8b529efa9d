"""Pictures that are in a data set more than once: in two splits, or under two labels.

A face that was trained on says nothing when it is judged, and one with two labels teaches nothing.
Equal pictures are found by the SHA-256 of their pixels, whatever file they come in; nearly equal
ones, such as the same photo compressed again or with another watermark, by how alike they are when
shrunk to 16×16 grey pixels.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from datasets import Image as ImageFeature
from numpy.typing import NDArray
from PIL import Image

from fer.data.faces import LabelledFaces

SIDE = 16
# Correlation from which two shrunken pictures are the same photo: of FER+, all pairs above it are.
ALIKE = 0.98
AT_ONCE = 512  # pictures compared with all others


def repeats(splits: Mapping[str, LabelledFaces]) -> list[str]:
    """What is there more than once in splits that can be read, as sentences."""
    looks = {name: _Looks.of(faces) for name, faces in splits.items()}
    sentences = []
    for first, second in combinations(splits, 2):
        equal, near = looks[second].found_in(looks[first])
        for found, how in ((equal, "are also in"), (near, "nearly equal one of")):
            if found:
                row, other = next(iter(found.items()))
                sentences.append(
                    f"{len(found)} images of {second} {how} {first}, such as "
                    f"{_name(splits[second], row)} ({_name(splits[first], other)} there)."
                )
    return [*sentences, *_two_labels(splits, looks)]


def rows_not_in(train: LabelledFaces, faces: LabelledFaces) -> NDArray[np.int64]:
    """The rows of a split whose pictures are not in another one, neither equal nor nearly so."""
    equal, near = _Looks.of(faces).found_in(_Looks.of(train))
    return np.setdiff1d(np.arange(len(faces)), [*equal, *near])


def warn_of_repeats(splits: Mapping[str, LabelledFaces]) -> None:
    """Print what is there more than once."""
    for sentence in repeats(splits):
        print(f"WARNING: {sentence}")


@dataclass(frozen=True)
class _Looks:
    """What the N pictures of a split are known by."""

    hashes: list[bytes]
    small: NDArray[np.float32]  # N×256

    @classmethod
    def of(cls, faces: LabelledFaces) -> "_Looks":
        return cls(_hashes(faces), _small(faces))

    def found_in(self, others: "_Looks") -> tuple[dict[int, int], dict[int, int]]:
        """The rows with a picture that is equal to one of others, whose row goes with it, and those
        where it is nearly so."""
        places = {own: row for row, own in enumerate(others.hashes)}
        equal = {row: places[own] for row, own in enumerate(self.hashes) if own in places}
        alike = _alike(self.small, others.small)
        return equal, {row: other for row, other in alike.items() if row not in equal}


def _two_labels(splits: Mapping[str, LabelledFaces], looks: Mapping[str, _Looks]) -> list[str]:
    places = defaultdict(list)
    for split, faces in splits.items():
        for row, own in enumerate(looks[split].hashes):
            places[own].append((int(faces.labels[row]), faces, row))
    torn = [own for own in places.values() if len({label for label, _, _ in own}) > 1]
    if not torn:
        return []
    (label, faces, row), *others = torn[0]
    other, others_faces, others_row = next(one for one in others if one[0] != label)
    names = faces.label_set.names
    return [
        f"{len(torn)} images have two labels, such as {_name(faces, row)} ({names[label]}) and "
        f"{_name(others_faces, others_row)} ({names[other]})."
    ]


def _hashes(faces: LabelledFaces) -> list[bytes]:
    """Of each picture's size and colours, so that grey ones are equal however they are kept."""
    digests = []
    for row in range(len(faces)):
        picture = faces.image(row).convert("RGB")
        digests.append(hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).digest())
    return digests


def _small(faces: LabelledFaces) -> NDArray[np.float32]:
    """Each picture as a unit vector, N×256; one of a single colour is like no other."""
    rows = [
        np.asarray(faces.image(row).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))
        for row in range(len(faces))
    ]
    values = np.array(rows, dtype=np.float32).reshape(len(rows), SIDE * SIDE)
    values -= values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.maximum(lengths, 1e-3)


def _alike(pictures: NDArray[np.float32], others: NDArray[np.float32]) -> dict[int, int]:
    """Rows that are the same photo as another one, and the row of that."""
    found = {}
    for start in range(0, len(pictures), AT_ONCE):
        alike = pictures[start : start + AT_ONCE] @ others.T
        best = alike.argmax(axis=1)
        for row in np.flatnonzero(alike.max(axis=1) >= ALIKE):
            found[start + int(row)] = int(best[row])
    return found


def _name(faces: LabelledFaces, row: int) -> str:
    """A picture's file, or its row where it has none of its own."""
    path = faces.images.cast_column("image", ImageFeature(decode=False))[row]["image"]["path"]
    return path or f"row {row}"
