"""The figures that a card rests on: all there, finite, of these weights, and of one piece."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fer.errors import ModelError
from fer.evaluation.metrics import (
    accuracies,
    expected_calibration_error,
    mapped_accuracy,
    per_class,
)
from fer.evaluation.provenance import weights
from fer.evaluation.report import METRICS, read_metrics
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5
from fer.models.model_folder import read_json

ACCURACIES = ("overall_accuracy", "mean_class_accuracy")
NUMBERS = (
    *("n", "ece", "log_loss"),
    *(f"{name}.{part}" for name in ACCURACIES for part in ("value", "low", "high")),
    *("levels_5.accuracy", "levels_3.accuracy"),
)
WORDS = ("data", "commit", "date", "weights", "versions.torch")


def checked_metrics(folder: Path) -> dict[str, Any]:
    """A folder's metrics by split.

    Raises `ModelError` with the first figure that is missing, not finite, measured on other weights
    or contradicts the confusion matrix beside it.
    """
    read_json(folder)  # raises what is wrong with the folder itself
    splits = read_metrics(folder)
    if not splits or not isinstance(splits, dict):
        raise ModelError(f"{folder} has no {METRICS}: run python -m train.evaluate --write.")
    try:
        present = weights(folder)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} lacks {error.filename}: copy the whole folder.") from error
    for split, figures in splits.items():
        if fault := next(faults(figures), None):
            raise ModelError(f"{METRICS} of {folder}: {split}.{fault}: judge again.")
        if figures["provenance"]["weights"] != present:
            raise ModelError(
                f"The figures of {split} in {folder} were measured on other weights: judge again."
            )
    return splits


def faults(figures: Any) -> Iterator[str]:
    """What is wrong with the figures of a split, each by its path in `metrics.json`."""
    paths = (*NUMBERS, "confusion", "reliability", *(f"provenance.{word}" for word in WORDS))
    yield from (f"{path} is missing" for path in paths if _at(figures, path) is None)
    yield from (f"{path} is not finite" for path in _infinite(figures, ""))
    try:
        right = derived(figures)
        for path, value in right.items():
            if _at(figures, path) is None:
                yield f"{path} is missing"
            elif not math.isclose(_at(figures, path), value, abs_tol=1e-6):
                yield f"{path} is {_at(figures, path):.6g}, but the counts give {value:.6g}"
        for name in ACCURACIES:
            if not figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]:
                yield f"{name} lies outside its interval"
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        yield f"confusion, reliability or a figure beside them is not as it should be ({error})"


def derived(figures: dict[str, Any]) -> dict[str, float]:
    """What the confusion matrix and the reliability bins alone say, by the paths of the figures."""
    cells = np.indices((len(EMOTIONS), len(EMOTIONS))).reshape(2, -1)
    counts = np.reshape(figures["confusion"], cells.shape[1])
    labels, answers = np.repeat(cells, counts, axis=1)
    overall, mean_class = accuracies(answers, labels)
    return {
        "n": len(labels),
        "overall_accuracy.value": overall,
        "mean_class_accuracy.value": mean_class,
        "levels_5.mapped_accuracy": mapped_accuracy(answers, labels, LEVELS_5),
        "levels_3.mapped_accuracy": mapped_accuracy(answers, labels, LEVELS_3),
        "ece": expected_calibration_error(figures["reliability"]),
        **{
            f"per_class.{emotion}.{name}": value
            for emotion, row in per_class(answers, labels).items()
            for name, value in row.items()
        },
    }


def _at(values: Any, path: str) -> Any:
    """The value at a path such as `levels_5.accuracy`; None where there is none."""
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values


def _infinite(values: Any, path: str) -> Iterator[str]:
    """The paths of all numbers that are not finite."""
    if isinstance(values, dict | list):
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        for name, value in pairs:
            yield from _infinite(value, f"{path}.{name}".lstrip("."))
    elif isinstance(values, float) and not math.isfinite(values):
        yield path
