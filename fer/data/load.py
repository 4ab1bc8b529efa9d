"""From wherever a data set lies to one split of it: RAF-DB, parquet, an image folder, the Hub."""

from collections.abc import Sequence
from pathlib import Path

from datasets import Dataset, load_dataset
from datasets.exceptions import DatasetGenerationError, DatasetsError

from fer.data.faces import LabelledFaces, from_table
from fer.data.hub import require_name, split_name
from fer.data.image_folder import NAMES, image_folder_table, listed_table, place_of
from fer.data.known import VALIDATION_SHARE
from fer.data.rafdb import counted, kaggle_table, official_table
from fer.errors import DataError, full_stop
from fer.labels import SEVEN, LabelSet

SEED = 0  # of the split: fixed, so that every model is chosen on the same faces


class NoSplit(DataError):
    """A data set that has no such split."""


def load_split(
    data: str | Path, split: str, skip_unreadable: bool = False, labels: LabelSet = SEVEN
) -> LabelledFaces:
    """The split "train", "validation" or "test" of a data set.

    `data` is a folder with `<split>.parquet` files, RAF-DB in its official or its Kaggle layout, an
    image folder `<split>/<emotion>/…`, one with a table `<split>.csv`, or a data set on the Hub,
    `owner/name` or `owner/name@revision`; on disk "val", "Train", "test_set" and the like are names
    of splits too. Where there is no validation split, a tenth of train is carved out for it,
    stratified and always the same. Prints how many images each label has; with others than the
    seven emotions, data are no RAF-DB.

    Raises `DataError` when there is no such split or it cannot be used; images that cannot be read
    are a reason too, unless `skip_unreadable` leaves them out.
    """
    require_name(data)
    if split not in NAMES:
        raise DataError(f"There is no split {split!r} of any data: choose {', '.join(NAMES)}.")
    if split in ("train", "validation"):
        table = _train_or_validation(data, split, labels)
    else:
        table = _read(data, split, labels)
    if table is None:
        raise NoSplit(f"There is no {split} split in {data}: check the --data folder.")
    name = f"{split} of {data}"
    faces = _readable(from_table(table, name, labels), name, skip_unreadable)
    counts = faces.class_counts()
    print(f"{name}: {counted(counts, labels.names)}")
    missing = [label for label, count in zip(labels.names, counts, strict=True) if count == 0]
    if split == "train" and missing:
        what = "emotion" if labels == SEVEN else "label"
        raise DataError(f"{name} has no image of {missing[0]}: every {what} needs some.")
    return faces


def available(data: str | Path, splits: Sequence[str]) -> dict[str, LabelledFaces]:
    """Those of the splits that a data set has; raises `DataError` where it has none of them."""
    found = {}
    for split in splits:
        try:
            found[split] = load_split(data, split, skip_unreadable=True)
        except NoSplit:
            if split == splits[-1] and not found:
                raise
    return found


def _readable(faces: LabelledFaces, name: str, skip: bool) -> LabelledFaces:
    reasons = faces.unreadable()
    if not reasons:
        return faces
    first = next(iter(reasons.values()))
    sentence = f"{len(reasons)} of {len(faces)} images of {name} are unreadable, such as: {first}"
    if not skip:
        raise DataError(f"{sentence} Mend them, or add --skip-unreadable to leave them out.")
    print(f"WARNING: {sentence} They are left out.")
    return faces.without(reasons)


def _train_or_validation(data: str | Path, split: str, labels: LabelSet) -> Dataset | None:
    validation = _read(data, "validation", labels)
    if split == "validation" and validation is not None:
        return validation
    train = _read(data, "train", labels)
    if train is None or validation is not None:
        return train
    try:
        parts = train.train_test_split(VALIDATION_SHARE, stratify_by_column="label", seed=SEED)
    except ValueError as error:
        raise DataError(f"{data} is too small to carve out validation: {error}") from error
    return parts["train" if split == "train" else "test"]


def _read(data: str | Path, split: str, labels: LabelSet) -> Dataset | None:
    """The rows of a split as the data set has it; None where it has no such split."""
    folder = Path(data)
    try:
        for read in (official_table, kaggle_table) if labels == SEVEN else ():
            if (table := read(folder, split)) is not None:
                return table
        if parquet := place_of(folder, split, ".parquet"):
            return load_dataset("parquet", split=split, data_files={split: str(parquet)})
        if folder.is_dir():
            own = listed_table(folder, split) or image_folder_table(folder, split)
            return own or image_folder_table(folder / "DATASET", split)
        repo, revision = split_name(str(data))
        return load_dataset(repo, split=split, revision=revision)
    except (DatasetGenerationError, DatasetsError, ValueError, OSError) as error:
        if f'Unknown split "{split}"' in str(error):
            return None
        # `datasets` says the reason, such as a full disk, only one error further down.
        reason = full_stop(str(error.__cause__ or error).split("\n")[0])
        raise DataError(f"The {split} split of {data} cannot be read: {reason}") from error
