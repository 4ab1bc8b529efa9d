"""Labelled faces from disk, read with `datasets`: images, labels in this project's order, votes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import ClassLabel, Dataset, load_dataset
from datasets.exceptions import DatasetGenerationError
from numpy.typing import NDArray

from fer.errors import DataError
from fer.labels import EMOTIONS


@dataclass(frozen=True)
class LabelledFaces:
    """One split: `images[i]` is a PIL image, `labels` N int64 indices into `EMOTIONS`.

    `targets` is N×7 float32, each row summing to 1: the raters' votes normalised where the data has
    a `votes` column, else the label as one-hot.
    """

    images: Dataset
    labels: NDArray[np.int64]
    targets: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.labels)

    def image(self, index: int):
        """The PIL image of a row."""
        return self.images[int(index)]["image"]

    def class_counts(self) -> NDArray[np.int64]:
        """How many rows each emotion has, shape 7."""
        return np.bincount(self.labels, minlength=len(EMOTIONS))


def load_split(folder: str | Path, split: str) -> LabelledFaces:
    """Read `<folder>/<split>.parquet`, with columns `image`, `label` and optionally `votes`.

    Raises `DataError` when the file is missing, unreadable, empty or lacks an emotion's name.
    """
    path = Path(folder) / f"{split}.parquet"
    if not path.is_file():
        raise DataError(f"There is no {split}.parquet in {folder}: check the --data folder.")
    try:
        table = load_dataset("parquet", data_files={split: str(path)}, split=split)
    except (DatasetGenerationError, ValueError, OSError) as error:
        raise DataError(f"{path.name} cannot be read as a parquet data set: {error}.") from error
    if not {"image", "label"} <= set(table.column_names) or len(table) == 0:
        raise DataError(f"{path.name} needs rows with the columns 'image' and 'label'.")

    labels = np.array(table["label"])
    order = _column_order(table, path.name)
    labels = order[labels]
    targets = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    if "votes" in table.column_names:
        votes = np.zeros_like(targets)
        votes[:, order] = np.array(table["votes"], dtype=np.float32)
        targets = votes / votes.sum(axis=1, keepdims=True)
    return LabelledFaces(table.select_columns(["image"]), labels, targets)


def _column_order(table: Dataset, name: str) -> NDArray[np.int64]:
    """For each of the file's class indices, the index of the same emotion here: names decide."""
    feature = table.features["label"]
    if not isinstance(feature, ClassLabel) or sorted(feature.names) != sorted(EMOTIONS):
        raise DataError(f"The labels of {name} must be a ClassLabel of {', '.join(EMOTIONS)}.")
    return np.array([EMOTIONS.index(emotion) for emotion in feature.names])
