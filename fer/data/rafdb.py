"""RAF-DB basic as its users have it: the official archive, or the copy that Kaggle hosts.

Source: S. Li, W. Deng, J. Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for
Expression Recognition in the Wild", CVPR 2017. File labels 1 to 7 are in the order of `EMOTIONS`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets import ClassLabel, Dataset, Features, Image, Value

from fer.data.image_folder import place_of
from fer.data.lists import Pictures, read_labels, read_text
from fer.errors import DataError
from fer.labels import EMOTIONS

LIST = Path("EmoLabel", "list_patition_label.txt")
ALIGNED = Path("Image", "aligned")
ANNOTATION = Path("Annotation", "manual")

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


def official_table(data: Path, split: str) -> Dataset | None:
    """A split of the archive as its authors send it, in `basic`, which may also be `data` itself:
    lines such as `train_00001.jpg 5`."""
    folder = next((one for one in (data / "basic", data) if (one / LIST).is_file()), None)
    if folder is None:
        return None
    lines = read_text(folder / LIST).splitlines()
    rows = [line.split() for line in lines if line.startswith(f"{split}_")]
    names = [f"{Path(row[0]).stem}_aligned.jpg" for row in rows]
    table = _table(folder / ALIGNED, names, [row[-1] for row in rows], split)
    if table is None or not (folder / ANNOTATION).is_dir():
        return table
    texts = [folder / ANNOTATION / f"{Path(row[0]).stem}_manu_attri.txt" for row in rows]
    people = list(map(_groups, texts))
    for column, group in enumerate(GROUPS):
        values = [person[column] for person in people]
        table = table.add_column(group, values, feature=Value("string"))
    return table


def _groups(path: Path) -> list[str]:
    """Gender, race and age of the person on a picture, as its annotation has them."""
    try:
        numbers = read_text(path).splitlines()[5:8]
        return [names[int(number)] for names, number in zip(GROUPS.values(), numbers, strict=True)]
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f"RAF-DB's annotation {path} is missing or misses gender, race and age on lines 6 to "
            f"8: copy it again, or move {ANNOTATION} away to do without."
        ) from error


def kaggle_table(folder: Path, split: str) -> Dataset | None:
    """A split of the Kaggle layout: `<split>_labels.csv` and `DATASET/<split>/<1…7>`."""
    path = place_of(folder, split, "_labels.csv")
    if path is None:
        return None
    pictures = place_of(folder / "DATASET", split) or folder / "DATASET" / split
    rows = read_labels(path)
    names = [f"{label}/{name}" for name, label in rows]
    return _table(pictures, names, [label for _, label in rows], split)


def _table(folder: Path, names: list[str], labels: list[str], split: str) -> Dataset | None:
    if not names:
        return None
    wrong = next((label for label in labels if label not in "1234567" or len(label) != 1), None)
    if wrong is not None:
        raise DataError(f"RAF-DB's labels are 1 to 7, but its {split} list has {wrong!r}.")
    find = Pictures(folder).find
    found = list(map(find, names))
    lost = [name for name, path in zip(names, found, strict=True) if path is None]
    if lost:
        example = folder / lost[0]
        raise DataError(f"{len(lost)} images of RAF-DB {split} are missing, such as {example}.")
    say_counts(labels, split)
    columns = {"image": list(map(str, found)), "label": [int(label) - 1 for label in labels]}
    return Dataset.from_dict(
        columns, Features({"image": Image(), "label": ClassLabel(names=list(EMOTIONS))})
    )


def say_counts(labels: list[str], split: str) -> None:
    """Print how many images each emotion has, and aloud when RAF-DB has another number."""
    found = Counter(labels)
    counts = tuple(found[str(number)] for number in range(1, len(EMOTIONS) + 1))
    print(f"RAF-DB {split}: {counted(counts)}")
    published = COUNTS.get(split, counts)
    if counts != published:
        expected = ", ".join(map(str, published))
        print(f"WARNING: the published data set has {expected}: this copy is not the whole of it.")


def counted(counts: Iterable[int], labels: Sequence[str] = EMOTIONS) -> str:
    """How many images each label has, as text."""
    counts = list(counts)
    shown = ", ".join(f"{label} {n}" for label, n in zip(labels, counts, strict=True))
    return f"{sum(counts)} images: {shown}"
