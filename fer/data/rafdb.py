"""RAF-DB basic as its users have it: the official archive, or the copy that Kaggle hosts.

Source: S. Li, W. Deng, J. Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for
Expression Recognition in the Wild", CVPR 2017. File labels 1 to 7 are in the order of `EMOTIONS`.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Image, Value

from fer.errors import DataError
from fer.labels import EMOTIONS

LIST = Path("basic", "EmoLabel", "list_patition_label.txt")
ALIGNED = Path("basic", "Image", "aligned")
ANNOTATION = Path("basic", "Annotation", "manual")

# Images of each emotion in the published data set.
COUNTS = {
    "train": (1290, 281, 717, 4772, 1982, 705, 2524),
    "test": (329, 74, 160, 1185, 478, 162, 680),
}

# What the raters saw in the person, on lines 6 to 8 of an annotation, after the landmarks.
GROUPS = {
    "gender": ("male", "female", "unsure"),
    "race": ("Caucasian", "African-American", "Asian"),
    "age": ("0–3", "4–19", "20–39", "40–69", "70 or more"),
}


def is_official(folder: Path) -> bool:
    """Whether the folder holds the archive as its authors send it."""
    return (folder / LIST).is_file()


def is_kaggle(folder: Path) -> bool:
    """Whether the folder holds the copy with `<split>_labels.csv` and `DATASET/<split>/<1…7>`."""
    return (folder / "train_labels.csv").is_file() or (folder / "test_labels.csv").is_file()


def official_table(folder: Path, split: str) -> Dataset | None:
    """A split of the official layout: lines such as `train_00001.jpg 5`."""
    lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.startswith(f"{split}_")]
    paths = [folder / ALIGNED / f"{Path(row[0]).stem}_aligned.jpg" for row in rows]
    table = _table(paths, [row[-1] for row in rows], split)
    if table is None or not (folder / ANNOTATION).is_dir():
        return table
    names = [folder / ANNOTATION / f"{Path(row[0]).stem}_manu_attri.txt" for row in rows]
    people = list(map(_groups, names))
    for column, group in enumerate(GROUPS):
        values = [person[column] for person in people]
        table = table.add_column(group, values, feature=Value("string"))
    return table


def _groups(path: Path) -> list[str]:
    """Gender, race and age of the person on a picture, as its annotation has them."""
    try:
        numbers = path.read_text(encoding="utf-8").split("\n")[5:8]
        return [names[int(number)] for names, number in zip(GROUPS.values(), numbers, strict=True)]
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f"RAF-DB's annotation {path} is missing or misses gender, race and age on lines 6 to "
            f"8: copy it again, or move {ANNOTATION} away to do without."
        ) from error


def kaggle_table(folder: Path, split: str) -> Dataset | None:
    """A split of the Kaggle layout: rows `image,label`."""
    path = folder / f"{split}_labels.csv"
    if not path.is_file():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"image", "label"} <= rows[0].keys():
        raise DataError(f"{path.name} needs the columns image and label.")
    labels = [row["label"] for row in rows]
    paths = [
        folder / "DATASET" / split / label / row["image"]
        for row, label in zip(rows, labels, strict=True)
    ]
    return _table(paths, labels, split)


def _table(paths: list[Path], labels: list[str], split: str) -> Dataset | None:
    if not paths:
        return None
    wrong = next((label for label in labels if label not in "1234567" or len(label) != 1), None)
    if wrong is not None:
        raise DataError(f"RAF-DB's labels are 1 to 7, but its {split} list has {wrong!r}.")
    lost = [path for path in paths if not path.is_file()]
    if lost:
        raise DataError(f"{len(lost)} images of RAF-DB {split} are missing, such as {lost[0]}.")
    say_counts(labels, split)
    columns = {"image": list(map(str, paths)), "label": [int(label) - 1 for label in labels]}
    return Dataset.from_dict(
        columns, Features({"image": Image(), "label": ClassLabel(names=list(EMOTIONS))})
    )


def say_counts(labels: list[str], split: str) -> None:
    """Print how many images each emotion has, and aloud when RAF-DB has another number."""
    found = Counter(labels)
    counts = tuple(found[str(number)] for number in range(1, len(EMOTIONS) + 1))
    print(f"RAF-DB {split}: {counted(counts)}")
    if counts != COUNTS[split]:
        expected = ", ".join(map(str, COUNTS[split]))
        print(f"WARNING: the published data set has {expected}: this copy is not the whole of it.")


def counted(counts: Iterable[int]) -> str:
    """How many images each emotion has, 7 numbers, as text."""
    counts = list(counts)
    shown = ", ".join(f"{emotion} {n}" for emotion, n in zip(EMOTIONS, counts, strict=True))
    return f"{sum(counts)} images: {shown}"
