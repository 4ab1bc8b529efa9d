"""Labelled pictures of any classes: folders, a table, parquet, or a data set on the Hub."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from datasets import ClassLabel, Dataset, load_dataset
from datasets import Image as ImageFeature
from datasets.exceptions import DatasetGenerationError, DatasetsError
from numpy.typing import NDArray
from PIL import Image

from fer.data.hub import require_name, split_name
from fer.data.image_folder import image_folder_table, listed_table, place_of, table_of
from fer.errors import DataError, full_stop
from fer.images import open_image


@dataclass(frozen=True)
class LabelledPictures:
    """N pictures; `labels` N indices into `classes`."""

    name: str
    images: Dataset
    labels: NDArray[np.int64]
    classes: list[str]

    def pictures(self, start: int, end: int) -> list[Image.Image]:
        """The pictures of some rows, RGB."""
        return [open_image(self._file(row)) for row in range(start, min(end, len(self.labels)))]

    def digest(self) -> str:
        """SHA-256 of labels and files, by which the same pictures are known."""
        digest = hashlib.sha256(repr((self.classes, self.labels.tolist())).encode())
        for row in range(len(self.labels)):
            file = self._file(row)
            digest.update(file if isinstance(file, bytes) else Path(file).read_bytes())
        return digest.hexdigest()

    def _file(self, row: int) -> bytes | str:
        file = self.images[row]["image"]
        return file["bytes"] or file["path"]


def load_labelled(data: str, split: str) -> LabelledPictures:
    """A split of a data set or, of a folder that has no splits, all of it.

    Raises `DataError` where there are no labelled pictures.
    """
    require_name(data)
    folder = Path(data)
    try:
        if folder.is_dir():
            table = next(filter(None, _tables(folder, split)), None)
        else:
            repo, revision = split_name(data)
            table = load_dataset(repo, split=split, revision=revision)
    except (DatasetGenerationError, DatasetsError, ValueError, OSError) as error:
        raise DataError(
            f"The {split} split of {data} cannot be read: {full_stop(error)}"
        ) from error
    if table is None:
        raise DataError(f"There is no {split} split in {data}, and no folder a class either.")
    image, label = (
        next((name for name, one in table.features.items() if isinstance(one, kind)), None)
        for kind in (ImageFeature, ClassLabel)
    )
    if image is None or label is None:
        raise DataError(f"{data} needs a column of images and one of class labels.")
    images = table.select_columns([image])
    images = images if image == "image" else images.rename_column(image, "image")
    images = images.cast_column("image", ImageFeature(decode=False))
    name = folder.resolve().name if folder.is_dir() else data
    labels, names = list(table[label]), table.features[label].names
    # Data whose labels are kept secret have -1 in their place.
    without = sum(one is None or not 0 <= one < len(names) for one in labels)
    if without:
        raise DataError(
            f"{without} of {len(labels)} pictures in the {split} split of {data} have no label: "
            "leave them out, or choose another --split."
        )
    return LabelledPictures(name, images, np.array(labels), names)


def _tables(folder: Path, split: str) -> Iterator[Dataset | None]:
    if parquet := place_of(folder, split, ".parquet"):
        yield load_dataset("parquet", split=split, data_files={split: str(parquet)})
    yield listed_table(folder, split)
    yield image_folder_table(folder, split)
    if not any(place_of(folder, other) for other in ("train", "validation", "test")):
        yield table_of(folder)


def in_order_of(labels: list[str], classes: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """A model's labels and, for each class of the data, which of them it is.

    Names are compared without case and punctuation. A model that says no labels has those of the
    data, in alphabetical order, as trainings on folders have them. Raises `DataError` where a class
    is none of the labels.
    """
    labels = labels or sorted(classes)
    places = {_plain(label): place for place, label in enumerate(labels)}
    lost = [one for one in classes if _plain(one) not in places]
    if lost:
        known = ", ".join(labels[:9]) + (", …" if len(labels) > 9 else "")
        raise DataError(f"The model has no label “{lost[0]}” as the data has; it has {known}.")
    return labels, np.array([places[_plain(one)] for one in classes])


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())
