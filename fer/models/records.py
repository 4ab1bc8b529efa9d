"""Typed contents of `metrics.json` and `training.json` in a model folder.

Shares and accuracies are fractions, not percent. A file is read by `read_metrics` and
`read_training`; what a later version adds to it is left out, not refused.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from fer.errors import ModelError
from fer.models.config import TrainingData
from fer.models.files import json_sha256, write_json

METRICS = "metrics.json"
TRAINING = "training.json"


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassFigures:
    """How well one emotion is found, and on how many faces (`support`)."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class LevelFigures:
    """Accuracy on a scale: of the level with the largest sum, and of the answered emotion's."""

    accuracy: float
    mapped_accuracy: float


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of about one confidence: how many, how sure, how often right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class SubsetFigures:
    """Accuracies on some of the faces, or on all of them spoilt in one way."""

    name: str
    n: int
    overall_accuracy: Interval
    mean_class_accuracy: Interval


@dataclass(frozen=True, kw_only=True)
class AblationRow:
    """One of several answers to the same faces; levels are those of the answered emotion."""

    name: str
    n: int
    overall_accuracy: Interval
    mean_class_accuracy: Interval
    levels_5: float | None = None  # of labels without scales
    levels_3: float | None = None
    ece: float
    log_loss: float


@dataclass(frozen=True)
class McNemarPair:
    """Faces that only one of two answers rightly, and how likely such a difference is by chance."""

    a: str
    b: str
    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True)
class Provenance:
    """Where figures come from."""

    data: str
    split: str
    commit: str  # of the code, with + where files differed from it
    recipe: str
    weights: dict[str, str]  # SHA-256 of each file, by its path relative to the folder
    date: str
    versions: dict[str, str]
    # Older records lack these two: nobody can tell whether they are still true.
    faces: str = ""  # SHA-256 of the split's labels and images
    records: dict[str, str] = field(default_factory=dict)  # of config.json and training.json, too


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Every figure of merit of one model on one set of faces."""

    n: int
    overall_accuracy: Interval
    mean_class_accuracy: Interval
    per_class: dict[str, ClassFigures]
    confusion: list[list[int]]  # a row a true emotion, a column an answer
    levels_5: LevelFigures | None = None  # of labels without scales
    levels_3: LevelFigures | None = None
    ece: float
    reliability: list[ReliabilityBin]
    log_loss: float


@dataclass(frozen=True, kw_only=True)
class SplitFigures(Figures):
    """The figures of a split as a model folder keeps them."""

    groups: list[SubsetFigures] | None = None  # of people that the data tells apart
    slices: list[SubsetFigures] | None = None  # the same faces, spoilt
    # Without those that are also in the train split that the model learnt from; None where the data
    # have no such split, and in older records.
    not_in_training: SubsetFigures | None = None
    times_scored: int | None = None  # of a test split
    ablation: list[AblationRow] | None = None  # of an ensemble and its members
    mcnemar: list[McNemarPair] | None = None
    provenance: Provenance


Metrics = dict[str, SplitFigures]  # by split


@dataclass(frozen=True)
class StageRecord:
    """One stage of a run: `epochs` of `faces` (0: all) at `size` pixels."""

    name: str
    size: int
    epochs: int
    faces: int
    optimizer: str
    sam_rho: float


@dataclass(frozen=True)
class RecipeRecord:
    """What is asked later of the recipe of a run; all of it is in the file."""

    name: str
    architecture: str
    stages: tuple[StageRecord, ...]
    seed: int = 0
    pretrained: bool = False


@dataclass(frozen=True)
class EpochRecord:
    """How far a run had come after an epoch, judged on validation."""

    stage: str
    epoch: int
    loss: float
    overall_accuracy: float
    mean_class_accuracy: float


@dataclass(frozen=True)
class Origin:
    """A model that a run started or learnt from; cost and terms include those of what led to it."""

    recipe: str | None = None
    seconds: float | None = None
    commit: str | None = None
    pretrained: bool = False  # with ImageNet weights that older records do not name
    weights: str = ""  # of timm that the first of them began with, as the Hub or timm calls them
    training_data: tuple[TrainingData, ...] = ()


@dataclass(frozen=True)
class TrainingRecord:
    """How a model's weights came to be; a part is None where it is not on record."""

    recipe: RecipeRecord | None = None
    history: tuple[EpochRecord, ...] = ()
    seconds: float | None = None
    ended: str | None = None
    hardware: str | None = None
    commit: str | None = None
    train: str | None = None  # digest of the split that was learnt from
    validation: str | None = None  # and of the one that chose the weights
    shift: float | None = None  # of the logits, after training
    started_from: Origin | None = None
    taught_by: tuple[Origin, ...] = ()

    @property
    def with_unnamed_weights(self) -> bool:
        """Whether it began with timm's weights, which older records do not name: those of a
        ConvNeXt-V2, whose terms were known."""
        named = self.started_from is not None and self.started_from.weights
        return self.recipe is not None and self.recipe.pretrained and not named


def read_metrics(folder: Path) -> Metrics:
    """The figures of a model folder by split; empty where it was never judged.

    Raises `ModelError` when the file cannot be read or lacks a figure.
    """
    values = _read(folder, METRICS)
    if not isinstance(values, dict):
        return {}
    return {
        split: _convert(figures, SplitFigures, f"{METRICS} of {folder}", split)
        for split, figures in values.items()
    }


def write_metrics(folder: Path, metrics: Metrics) -> None:
    """Put figures into a model folder."""
    write_json(folder / METRICS, {split: plain(figures) for split, figures in metrics.items()})


def read_training(folder: Path) -> TrainingRecord:
    """What a model folder says of its training; empty where it says nothing.

    Raises `ModelError` when the file cannot be read or lacks something.
    """
    values = _read(folder, TRAINING)
    return (
        TrainingRecord() if values is None else training_record(values, f"{TRAINING} of {folder}")
    )


def training_digest(folder: Path) -> str | None:
    """The SHA-256 of all that `training.json` says; None where there is none."""
    values = _read(folder, TRAINING)
    return None if values is None else json_sha256(values)


def training_record(values: Any, name: str) -> TrainingRecord:
    """A training record from plain data; `name` says in an error which it is."""
    return _convert(values, TrainingRecord, name)


def plain(record: Any) -> Any:
    """A record as plain data for JSON, without what it does not know."""
    return {name: value for name, value in asdict(record).items() if value is not None}


def named_commit(commit: str, digits: int = 40, mark: str = "`") -> str:
    """A commit as a sentence has it, so many digits of it, with a word where files differed."""
    if not commit:
        return "that is not on record"
    if not commit.endswith("+"):
        return f"{mark}{commit[:digits]}{mark}"
    return f"{mark}{commit[:-1][:digits]}+{mark} (+: files had been changed since)"


def _read(folder: Path, name: str) -> Any:
    """The content of a JSON file; None where there is no such file."""
    path = folder / name
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{name} of {folder} is damaged, for {path} is not valid JSON: "
            "copy it again, or make it anew."
        ) from error


def _convert(values: Any, kind: Any, file: str, within: str = "") -> Any:
    """Plain data, `within` a file that is named so in an error, as a record."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$")
        lost = re.search(r"required field `(\w+)`", said)
        path = within + place.rstrip("`") + (f".{lost[1]}" if lost else "")
        missing = lost or said.endswith("got `null`")
        fault = "is missing" if missing else f"is not as it should be ({said})"
        where = f"{file}: {path.lstrip('.')}" if path else file
        raise ModelError(f"{where} {fault}: make it anew.") from error
