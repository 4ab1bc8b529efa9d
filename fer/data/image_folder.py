"""Image folders, `<split>/<emotion>/…`, where a split may have any of its usual names."""

import glob
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Image
from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

from fer.errors import DataError

NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
SUFFIXES = {*ImageFolder.EXTENSIONS, ".avif", ".heic", ".heif", ".hif", ".mpo"}


def place_of(folder: Path, split: str, suffix: str = "") -> Path | None:
    """Where a folder has a split, None where it has none; raises `DataError` if it has two."""
    found = [path for name in NAMES[split] if (path := folder / f"{name}{suffix}").exists()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise DataError(f"{folder} has both {names}: leave one of them.")
    return found[0] if found else None


def image_folder_table(folder: Path, split: str) -> Dataset | None:
    """A split of an image folder, in the order of the paths; what is no image is said aloud."""
    place = place_of(folder, split)
    if place is None:
        return None
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
            f"{loose[0].name}: sort them into such folders, for no table of labels is read."
        )
    emotions = [path.parent.name for path in images]
    classes = sorted(set(emotions))
    columns = {"image": list(map(str, images)), "label": list(map(classes.index, emotions))}
    features = Features({"image": Image(), "label": ClassLabel(names=classes)})
    return Dataset.from_dict(columns, features)
