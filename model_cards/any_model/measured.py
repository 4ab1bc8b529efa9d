"""`measured.json`: the figures of any image classifier, and what they were measured on."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from fer.data.hub import pinned
from fer.errors import ModelError, full_stop
from fer.evaluation.metrics import RESAMPLES, expected_calibration_error, reliability
from fer.evaluation.provenance import versions
from fer.models.files import sha256, write_json
from fer.models.records import ClassFigures, Interval
from model_cards.any_model.classifiers import (
    SETTINGS,
    WEIGHTS,
    ImageClassifier,
    load_classifier,
    settings_digest,
    stated,
)
from model_cards.any_model.labelled import in_order_of, load_labelled

MEASURED = "measured.json"
AT_ONCE = 32


@dataclass(frozen=True)
class Measured:
    """Figures as fractions; K labels."""

    library: str
    architecture: str
    licence: str
    weights: str  # SHA-256
    settings: str  # SHA-256 of the configurations
    data: str
    split: str
    data_digest: str
    date: str
    versions: dict[str, str]
    labels: list[str]
    n: int
    accuracy: Interval
    mean_class_accuracy: Interval
    per_class: dict[str, ClassFigures]
    confusion: list[list[int]]  # K×K, a row a true label, a column an answer
    ece: float
    log_loss: float


def measure(folder: Path, data: str, split: str) -> Measured:
    """Judge a model on a labelled set; raises `FerError` where either cannot be used."""
    model = load_classifier(folder)
    pictures = load_labelled(pinned(data), split)
    names, place = in_order_of(model.labels, pictures.classes)
    truth = place[pictures.labels]
    rows = []
    for start in tqdm(range(0, len(truth), AT_ONCE), "predicting", leave=False):
        some = pictures.pictures(start, start + AT_ONCE)
        rows.append(_answers(model, folder, some, len(names)))
    answers = np.concatenate(rows)
    confusion = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(confusion, (truth, answers.argmax(axis=1)), 1)
    own = np.maximum(answers[np.arange(len(truth)), truth], 1e-15)
    accuracy, mean_class, per_class = of_counts(confusion, names)
    return Measured(
        library=model.library,
        architecture=model.architecture,
        licence=model.licence,
        weights=sha256(folder / WEIGHTS),
        settings=settings_digest(folder),
        data=pictures.name,
        split=split,
        data_digest=pictures.digest(),
        date=date.today().isoformat(),
        versions=versions(),
        labels=names,
        n=len(truth),
        accuracy=accuracy,
        mean_class_accuracy=mean_class,
        per_class=per_class,
        confusion=confusion.tolist(),
        ece=expected_calibration_error(reliability(answers.astype(np.float32), truth)),
        log_loss=float(-np.log(own).mean()),
    )


def _answers(
    model: ImageClassifier, folder: Path, pictures: Sequence[Image.Image], classes: int
) -> NDArray[np.float64]:
    """Probabilities, N×K; raises `ModelError` where these are none of so many classes."""
    try:
        rows = model.predict(pictures).double().numpy()
    except Exception as error:  # of a network that its own configuration does not fit
        said = str(error).strip().split("\n")[0]
        raise ModelError(f"The model in {folder} cannot answer: {full_stop(said)}") from error
    if rows.shape[1:] != (classes,):
        raise ModelError(
            f"The model in {folder} gives answers of the shape {rows.shape[1:]}, but there are "
            f"names of {classes} classes."
        )
    if not np.isfinite(rows).all():
        raise ModelError(f"The model in {folder} answers what is no number: its weights are bad.")
    return rows


def of_counts(
    confusion: NDArray[np.int_], labels: list[str]
) -> tuple[Interval, Interval, dict[str, ClassFigures]]:
    """Accuracy and mean-class accuracy with their 95 % intervals, and each label's figures.

    The intervals are percentiles over bootstrap resamples, drawn from the counts alone, so that
    whoever has the counts can check them.
    """
    total = int(confusion.sum())
    draws = np.random.default_rng(0).multinomial(total, confusion.ravel() / total, RESAMPLES)
    draws = draws.reshape(-1, *confusion.shape)
    intervals = [
        Interval(float(figure(confusion)), *map(float, np.percentile(figure(draws), [2.5, 97.5])))
        for figure in (_accuracy, _mean_class)
    ]
    faces, answers, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diagonal(confusion)
    per_class = {}
    for row, label in enumerate(labels):
        precision = float(right[row] / max(answers[row], 1))
        recall = float(right[row] / max(faces[row], 1))
        f1 = float(2 * right[row] / max(answers[row] + faces[row], 1))
        per_class[label] = ClassFigures(precision, recall, f1, int(faces[row]))
    return intervals[0], intervals[1], per_class


def _accuracy(counts: NDArray[np.int_]) -> NDArray[np.float64]:
    return np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1))


def _mean_class(counts: NDArray[np.int_]) -> NDArray[np.float64]:
    faces = counts.sum(axis=-1)
    recall = np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(faces, 1)
    return recall.sum(axis=-1) / (faces > 0).sum(axis=-1)


def write_measured(folder: Path, measured: Measured) -> None:
    """Keep the figures in the model's folder."""
    write_json(folder / MEASURED, asdict(measured))


def read_measured(folder: Path) -> Measured:
    """The figures of a folder; raises `ModelError` where they cannot be relied on."""
    try:
        measured = msgspec.convert(
            json.loads((folder / MEASURED).read_text(encoding="utf-8")), Measured
        )
        fault = next(faults(folder, measured), None)
    except (OSError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise ModelError(f"{MEASURED} of {folder} is damaged ({error}): measure again.") from error
    if fault:
        raise ModelError(f"{MEASURED} of {folder}: {fault}: measure again.")
    return measured


def faults(folder: Path, measured: Measured) -> Iterator[str]:
    """What is not as the counts, the weights and the model say."""
    if not (folder / WEIGHTS).is_file() or sha256(folder / WEIGHTS) != measured.weights:
        yield "it was measured on other weights"
    if settings_digest(folder) != measured.settings:
        yield f"it was measured with another {' or '.join(SETTINGS)}"
    config = json.loads((folder / SETTINGS[0]).read_text(encoding="utf-8"))
    if stated(config) != (measured.library, measured.architecture, measured.licence):
        yield f"library, architecture or licence is not that of {SETTINGS[0]}"
    for name in ("torch", "python"):
        if not re.fullmatch(r"\d[\w.+-]*", measured.versions.get(name, "")):
            yield f"versions cannot have {name} {measured.versions.get(name)}"
    try:
        date.fromisoformat(measured.date)
    except ValueError:
        yield f"{measured.date} is no date"
    counts = np.array(measured.confusion)
    if counts.shape != (len(measured.labels),) * 2 or counts.min() < 0 or counts.sum() == 0:
        yield "confusion is not as it should be"
        return
    if counts.sum() != measured.n:
        yield f"n is {measured.n}, but the counts give {counts.sum()}"
    right = dict(
        zip(
            ("accuracy", "mean_class_accuracy", "per_class"),
            of_counts(counts, measured.labels),
            strict=True,
        )
    )
    for name, value in right.items():
        if not _same(msgspec.to_builtins(value), msgspec.to_builtins(getattr(measured, name))):
            yield f"{name} is not what the counts give"
    for name in ("ece", "log_loss"):
        if not (math.isfinite(getattr(measured, name)) and getattr(measured, name) >= 0):
            yield f"{name} cannot be {getattr(measured, name)}"


def differences(measured: Measured, again: Measured) -> Iterator[str]:
    """What comes out otherwise when a model is judged again."""
    if measured.data_digest != again.data_digest:
        yield "these are other pictures or labels"
        return
    moved = np.abs(np.subtract(measured.confusion, again.confusion)).sum() / 2
    if moved > 0.001 * measured.n:  # processors round differently
        yield f"the weights answer {moved:.0f} pictures otherwise"
    for name in ("ece", "log_loss"):
        if abs(getattr(measured, name) - getattr(again, name)) > 1e-3:
            yield f"{name} comes out as {getattr(again, name):.4f}"
    for name in ("library", "architecture", "licence", "labels", "data", "split"):
        if getattr(measured, name) != getattr(again, name):
            yield f"{name} is other"


def _same(a: object, b: object) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)
    return (
        isinstance(a, int | float)
        and isinstance(b, int | float)
        and math.isclose(a, b, abs_tol=1e-6)
    )
