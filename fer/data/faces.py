"""A split in the form that training and evaluation use, whatever layout it came in."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from datasets import ClassLabel, Dataset
from datasets import Image as ImageFeature
from numpy.typing import NDArray
from PIL import Image

from fer.data.rafdb import GROUPS
from fer.errors import DataError, full_stop
from fer.images import MAX_PIXELS, open_image
from fer.labels import EMOTIONS, SEVEN, LabelSet

# Other names that data sets give the emotions; RAF-DB's folders are called 1 to 7.
ALIASES = {
    "surprised": "surprise",
    "fearful": "fear",
    "disgusted": "disgust",
    "happy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "joy": "happiness",
    "neutrality": "neutral",
    **{str(number): emotion for number, emotion in enumerate(EMOTIONS, 1)},
}

KEPT_BYTES = 2**30  # of decoded pictures in memory, a split; FER+ needs 62 MB, RAF-DB 368 MB


class DecodedPictures:
    """Pictures by row, uint8 H×W or H×W×3, as many as `KEPT_BYTES` hold."""

    def __init__(self) -> None:
        self.pictures: dict[int, NDArray[np.uint8]] = {}
        self.room = KEPT_BYTES

    def get(self, row: int) -> NDArray[np.uint8] | None:
        """The picture of a row, None where it is not kept."""
        return self.pictures.get(row)

    def offer(self, row: int, picture: NDArray[np.uint8]) -> None:
        """Keep a picture if there is room."""
        if picture.nbytes <= self.room:
            self.pictures[row] = picture
            self.room -= picture.nbytes


@dataclass(frozen=True)
class LabelledFaces:
    """One split: N images, `labels` N int64 indices into the names of its `label_set`.

    `targets` is N×K float32, each row summing to 1: the raters' votes normalised where the data has
    a `votes` column, else the label as one-hot. `groups` says of each row, where the data does, the
    person's "gender", "race" or "age" as raters saw it.
    """

    images: Dataset
    labels: NDArray[np.int64]
    targets: NDArray[np.float32]
    groups: dict[str, NDArray[np.str_]] = field(default_factory=dict)
    decoded: DecodedPictures = field(default_factory=DecodedPictures, compare=False)
    label_set: LabelSet = SEVEN

    def __len__(self) -> int:
        return len(self.labels)

    def image(self, row: int) -> Image.Image:
        """The picture of a row, grey (L) or RGB; raises `DataError` as `pixels` does."""
        return Image.fromarray(self.pixels(row))

    def pixels(self, row: int) -> NDArray[np.uint8]:
        """The picture of a row, H×W where it is grey and else H×W×3 of RGB, decoded once if it can
        be kept. Raises `DataError`, which names the row, when it cannot be read."""
        row = int(row)
        kept = self.decoded.get(row)
        if kept is not None:
            return kept
        try:
            pixels = np.asarray(self._picture(row))
        except Exception as error:  # Pillow's decoders raise nearly every type on damaged data
            raise DataError(
                f"Image {row} of the data cannot be read: {full_stop(error)}"
            ) from error
        self.decoded.offer(row, pixels)
        return pixels

    def _picture(self, row: int) -> Image.Image:
        """By the same door as photos, so that a face is trained on as it will be seen."""
        try:
            picture = self.images[row]["image"]
            picture.load()
        except Exception:  # the door opens more than Pillow alone, such as HEIC
            file = self.images.cast_column("image", ImageFeature(decode=False))[row]["image"]
            return open_image(file["bytes"] or file["path"])
        small = picture.width * picture.height <= MAX_PIXELS
        return picture if picture.mode == "L" and small else open_image(picture)

    def unreadable(self) -> dict[int, str]:
        """The rows whose picture cannot be read, each with the reason; it tries them all."""
        reasons = {}
        for row in range(len(self)):
            try:
                self.pixels(row)
            except DataError as error:
                reasons[row] = str(error)
        return reasons

    def without(self, rows: Collection[int]) -> "LabelledFaces":
        """The same split but for some rows."""
        kept = np.setdiff1d(np.arange(len(self)), list(rows))
        groups = {group: values[kept] for group, values in self.groups.items()}
        faces = LabelledFaces(
            self.images.select(kept),
            self.labels[kept],
            self.targets[kept],
            groups,
            label_set=self.label_set,
        )
        for new, old in enumerate(kept):
            pixels = self.decoded.get(int(old))
            if pixels is not None:  # or every worker process would decode and keep it for itself
                faces.decoded.offer(new, pixels)
        return faces

    @cached_property
    def digest(self) -> str:
        """SHA-256 over labels and image files, by which another run knows the same split."""
        digest = hashlib.sha256(self.labels.tobytes())
        for row in self.images.cast_column("image", ImageFeature(decode=False)):
            digest.update(row["image"]["bytes"] or Path(row["image"]["path"]).read_bytes())
        return digest.hexdigest()

    def class_counts(self) -> NDArray[np.int64]:
        """How many rows each label has, shape K."""
        return np.bincount(self.labels, minlength=len(self.label_set.names))


def from_table(table: Dataset, name: str, label_set: LabelSet = SEVEN) -> LabelledFaces:
    """A table with the columns `image`, `label` (ClassLabel) and maybe `votes` (K counts a row),
    `gender`, `race` and `age` (text).

    Labels are mapped by name, never by their order. Raises `DataError` when a column is missing or
    the names are not those of the label set.
    """
    if not {"image", "label"} <= set(table.column_names) or len(table) == 0:
        raise DataError(f"{name} needs rows with the columns 'image' and 'label'.")
    order = _label_of_class(table, name, label_set.names)
    labels = order[_checked_labels(table, name, len(order))]
    targets = np.eye(len(order), dtype=np.float32)[labels]
    if "votes" in table.column_names:
        votes = np.zeros_like(targets)
        votes[:, order] = _checked_votes(table, name, len(order))
        targets = votes / votes.sum(axis=1, keepdims=True)
    groups = {group: np.array(table[group]) for group in GROUPS if group in table.column_names}
    images = table.select_columns(["image"])
    return LabelledFaces(images, labels, targets, groups, label_set=label_set)


def _checked_labels(table: Dataset, name: str, classes: int) -> NDArray[np.int64]:
    """The labels as they are; `datasets` knows −1 and None for "no label"."""
    labels = np.array([-1 if label is None else label for label in table["label"]], dtype=np.int64)
    without = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(without):
        raise DataError(
            f"{len(without)} rows of {name} have no label, such as row {without[0]}: "
            "leave them out."
        )
    return labels


def _checked_votes(table: Dataset, name: str, classes: int) -> NDArray[np.float32]:
    """The votes as they are, N×K."""
    rows = table["votes"]
    for row, votes in enumerate(rows):
        known = votes is not None and len(votes) == classes
        counts = np.array(votes if known else [], dtype=np.float32)
        if not known or not np.isfinite(counts).all() or counts.min() < 0 or counts.sum() == 0:
            raise DataError(
                f"The votes of row {row} of {name} must be {classes} counts, "
                "not all of them 0: mend them or leave the column out."
            )
    return np.array(list(rows), dtype=np.float32)


def _label(name: str, own: dict[str, str]) -> str:
    """The label among `own`, by their names in lower case, that a class stands for: `angry`,
    `0_anger` and `6` are anger, where that is one. Else the class in lower case."""
    name = name.strip().lower()
    plain = re.sub(r"^\d+[\s._-]+", "", name) or name
    known = (one for one in (name, plain, ALIASES.get(plain, "")) if one in own)
    return own.get(next(known, ""), name)


def _label_of_class(table: Dataset, name: str, labels: tuple[str, ...]) -> NDArray[np.int64]:
    """For each of the table's class indices, the index of the same label here."""
    feature = table.features["label"]
    classes = feature.names if isinstance(feature, ClassLabel) else []
    own = {label.lower(): label for label in labels}
    found = [_label(one, own) for one in classes]
    if sorted(found) != sorted(labels):
        hint = "" if labels == EMOTIONS else ", as the recipe or the model declares them"
        shown = ", ".join(one.lower() for one in classes) or "numbers without names"
        raise DataError(
            f"The labels of {name} must be a ClassLabel of {', '.join(labels)}{hint}; "
            f"they are {shown}."
        )
    return np.array([labels.index(one) for one in found])
