"""Image folders, `<split>/<emotion>/…`, or with a table of labels, under any usual name."""

import glob
import re
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Image

from fer.data.lists import SUFFIXES, Pictures, read_labels
from fer.errors import DataError

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
TABLES = ("metadata.csv", "labels.csv")  # in a split's folder


def place_of(folder: Path, split: str, suffix: str = "") -> Path | None:
    """Where a folder has a split, None where it has none; raises `DataError` if it has two.

    `Train`, `train_set` and `train-set` are names of train too.
    """
    found = [
        path
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if path.name.lower().endswith(suffix)
        and re.sub(r"[ _-]?set$", "", path.name.lower().removesuffix(suffix))
        in NAMES.get(split, (split,))
    ]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DataError(f"{folder} has both {names}: leave one of them.")
    return found[0] if found else None


def listed_table(folder: Path, split: str) -> Dataset | None:
    """A split whose labels are in a table: `<split>.csv`, or `metadata.csv` in its folder."""
    place = place_of(folder, split)
    inside = [place / name for name in TABLES if (place / name).is_file()] if place else []
    path = next(iter(inside), None) or place_of(folder, split, ".csv")
    if path is None:
        return None
    places = [Pictures(one) for one in (place, folder) if one]
    rows = read_labels(path)
    found = [next(filter(None, (one.find(name) for one in places)), None) for name, _ in rows]
    lost = [name for (name, _), image in zip(rows, found, strict=True) if image is None]
    if lost:
        raise DataError(f"{len(lost)} images of {path} are missing, such as {lost[0]}.")
    return _table([image for image in found if image], [label for _, label in rows])


def image_folder_table(folder: Path, split: str) -> Dataset | None:
    """A split of an image folder, in the order of the paths; what is no image is said aloud."""
    place = place_of(folder, split)
    return None if place is None else table_of(place)


def table_of(place: Path) -> Dataset | None:
    """What lies in a folder of folders that are named for the emotions, or other classes."""
    names = glob.glob("**/*", root_dir=place, recursive=True)  # noqa: PTH207 (this follows links)
    files = [path for name in sorted(names) if not (path := place / name).is_dir()]
    images = [path for path in files if path.suffix.lower() in SUFFIXES]
    others = [path for path in files if path.suffix.lower() not in SUFFIXES]
    if others:
        print(f"{len(others)} files of {place} are no images, such as {others[0].name}.")
    if not images:
        return None
    loose = [path for path in images if path.parent == place]
    if loose:
        raise DataError(
            f"{len(loose)} images of {place} are in no folder named for their emotion, such as "
            f"{loose[0].name}: sort them into such folders, or name image and label of each in "
            f"{place.name}.csv beside it."
        )
    return _table(images, [path.parent.name for path in images])


def _table(images: list[Path], labels: list[str]) -> Dataset | None:
    if not images:
        return None
    classes = sorted(set(labels))
    columns = {"image": list(map(str, images)), "label": list(map(classes.index, labels))}
    features = Features({"image": Image(), "label": ClassLabel(names=classes)})
    return Dataset.from_dict(columns, features)
