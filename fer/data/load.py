"""From wherever a data set lies to one split of it: RAF-DB, parquet, an image folder, the Hub."""

from pathlib import Path

from datasets import Dataset, load_dataset
from datasets.exceptions import DatasetGenerationError, DatasetsError

from fer.data.faces import LabelledFaces, from_table
from fer.data.rafdb import is_kaggle, is_official, kaggle_table, official_table
from fer.errors import DataError
from fer.labels import EMOTIONS

VALIDATION_SHARE = 0.1
SEED = 0  # of the split: fixed, so that every model is chosen on the same faces


def load_split(data: str | Path, split: str) -> LabelledFaces:
    """The split "train", "validation" or "test" of a data set.

    `data` is a folder with `<split>.parquet` files, RAF-DB in its official or its Kaggle layout, an
    image folder `<split>/<emotion>/…`, or the id of a data set on the Hub. Where there is no
    validation split, a tenth of train is carved out for it, stratified and always the same.

    Raises `DataError` when there is no such split or it cannot be used.
    """
    if split in ("train", "validation"):
        table = _train_or_validation(data, split)
    else:
        table = _read(data, split)
    if table is None:
        raise DataError(f"There is no {split} split in {data}: check the --data folder.")
    faces = from_table(table, f"{split} of {data}")
    missing = [EMOTIONS[c] for c, count in enumerate(faces.class_counts()) if count == 0]
    if split == "train" and missing:
        raise DataError(f"train of {data} has no image of {missing[0]}: every emotion needs some.")
    return faces


def _train_or_validation(data: str | Path, split: str) -> Dataset | None:
    validation = _read(data, "validation")
    if split == "validation" and validation is not None:
        return validation
    train = _read(data, "train")
    if train is None or validation is not None:
        return train
    try:
        parts = train.train_test_split(VALIDATION_SHARE, stratify_by_column="label", seed=SEED)
    except ValueError as error:
        raise DataError(f"{data} is too small to carve out validation: {error}") from error
    return parts["train" if split == "train" else "test"]


def _read(data: str | Path, split: str) -> Dataset | None:
    """The rows of a split as the data set has it; None where it has no such split."""
    folder = Path(data)
    if is_official(folder):
        return official_table(folder, split)
    if is_kaggle(folder):
        return kaggle_table(folder, split)
    try:
        if (folder / f"{split}.parquet").is_file():
            files = {split: str(folder / f"{split}.parquet")}
            return load_dataset("parquet", split=split, data_files=files)
        if folder.is_dir():
            images = folder / split
            has_images = images.is_dir() and any(images.iterdir())
            if not has_images:
                return None
            return load_dataset("imagefolder", split=split, data_dir=str(folder))
        return load_dataset(str(data), split=split)
    except (DatasetGenerationError, DatasetsError, ValueError, OSError) as error:
        if f'Unknown split "{split}"' in str(error):
            return None
        raise DataError(f"The {split} split of {data} cannot be read: {error}.") from error
