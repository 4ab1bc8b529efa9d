"""The figures that a card rests on: all there, finite, of these weights, and of one piece."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from fer.errors import ModelError
from fer.evaluation.metrics import (
    accuracies,
    expected_calibration_error,
    mapped_accuracy,
    per_class,
)
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5
from fer.models.model_folder import ModelFolder
from fer.evaluation.provenance import outdated
from fer.models.records import METRICS, Metrics, SplitFigures


def checked_metrics(folder: ModelFolder) -> Metrics:
    """A folder's metrics by split.

    Raises `ModelError` with the first figure that is missing, not finite, measured on another model
    than is there now, or contradicts the figures beside it.
    """
    if not folder.metrics:
        raise ModelError(f"{folder.path} has no {METRICS}: run python -m train.evaluate --write.")
    for split, figures in folder.metrics.items():
        if fault := next(faults(figures), None):
            raise ModelError(f"{METRICS} of {folder.path}: {split}.{fault}: judge again.")
        if reason := outdated(folder, split, figures.provenance):
            raise ModelError(
                f"The figures of {split} in {folder.path} {reason}: judge again, "
                "python -m train.evaluate --write."
            )
    return folder.metrics


def faults(figures: SplitFigures) -> Iterator[str]:
    """What is wrong with the figures of a split, each by its path in `metrics.json`."""
    if "torch" not in figures.provenance.versions:
        yield "provenance.versions.torch is missing"
    stated = numbers(figures)
    yield from (f"{path} is not finite" for path, n in stated.items() if not math.isfinite(n))
    try:
        right = numbers(derived(figures))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        yield f"confusion or reliability is not as it should be ({error})"
        return
    for path, value in right.items():
        if path not in stated:
            yield f"{path} is missing"
        elif not math.isclose(stated[path], value, abs_tol=1e-6):
            yield f"{path} is {stated[path]:.6g}, but the counts give {value:.6g}"
    for name in ("overall_accuracy", "mean_class_accuracy"):
        figure = getattr(figures, name)
        if not figure.low <= figure.value <= figure.high:
            yield f"{name} lies outside its interval"


def derived(figures: SplitFigures) -> dict[str, Any]:
    """What the confusion matrix and the reliability bins alone say, named as in the figures."""
    cells = np.indices((len(EMOTIONS), len(EMOTIONS))).reshape(2, -1)
    counts = np.reshape(figures.confusion, cells.shape[1])
    labels, answers = np.repeat(cells, counts, axis=1)
    overall, mean_class = accuracies(answers, labels)
    return {
        "n": len(labels),
        "overall_accuracy": {"value": overall},
        "mean_class_accuracy": {"value": mean_class},
        "levels_5": {"mapped_accuracy": mapped_accuracy(answers, labels, LEVELS_5)},
        "levels_3": {"mapped_accuracy": mapped_accuracy(answers, labels, LEVELS_3)},
        "ece": expected_calibration_error(figures.reliability),
        "per_class": per_class(answers, labels),
    }


def numbers(record: Any) -> dict[str, float]:
    """Every number of a record by its path, such as `levels_5.accuracy`."""
    return dict(_walk(msgspec.to_builtins(record), ""))


def _walk(values: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(values, dict | list):
        pairs = values.items() if isinstance(values, dict) else enumerate(values)
        for name, value in pairs:
            yield from _walk(value, f"{path}.{name}".lstrip("."))
    elif isinstance(values, int | float):
        yield path, values
