"""The figures that a card rests on: all there, finite, of these weights, and of one piece."""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from fer.errors import ModelError
from fer.evaluation.agreement import leaves
from fer.evaluation.comparison import ablation_row, chance
from fer.evaluation.metrics import (
    accuracies,
    expected_calibration_error,
    mapped_accuracy,
    per_class,
)
from fer.evaluation.provenance import outdated
from fer.labels import LEVELS_3, LEVELS_5, SEVEN, LabelSet
from fer.models.model_folder import ModelFolder
from fer.models.records import METRICS, Metrics, SplitFigures, SubsetFigures


def checked_metrics(folder: ModelFolder) -> Metrics:
    """A folder's metrics by split.

    Raises `ModelError` with the first figure that is missing, not finite, measured on another model
    than is there now, or contradicts the figures beside it.
    """
    if not folder.metrics:
        raise ModelError(f"{folder.path} has no {METRICS}: run python -m train.evaluate --write.")
    for split, figures in folder.metrics.items():
        if fault := next(faults(figures, folder.config.label_set), None):
            raise ModelError(f"{METRICS} of {folder.path}: {split}.{fault}: judge again.")
        if reason := outdated(folder, split, figures.provenance):
            raise ModelError(
                f"The figures of {split} in {folder.path} {reason}: judge again, "
                "python -m train.evaluate --write."
            )
    return folder.metrics


def faults(figures: SplitFigures, labels: LabelSet = SEVEN) -> Iterator[str]:
    """What is wrong with the figures of a split, each by its path in `metrics.json`."""
    if "torch" not in figures.provenance.versions:
        yield "provenance.versions.torch is missing"
    if (figures.levels_5 is None) == bool(labels.levels):
        yield "levels_5 is " + ("missing" if labels.levels else "there, but the labels have none")
    stated = numbers(figures)
    yield from (f"{path} is not finite" for path, n in stated.items() if not math.isfinite(n))
    for source, derive in (
        ("counts", lambda: derived(figures, labels)),
        ("rows beside it", lambda: derived_rows(figures)),
    ):
        try:
            right = numbers(derive())
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            yield f"confusion, reliability or mcnemar is not as it should be ({error})"
            return
        for path, value in right.items():
            if path not in stated:
                yield f"{path} is missing"
            elif not math.isclose(stated[path], value, abs_tol=1e-12):
                yield f"{path} is {stated[path]:.6g}, but the {source} give {value:.6g}"
    for name in ("overall_accuracy", "mean_class_accuracy"):
        figure = getattr(figures, name)
        if not figure.low <= figure.value <= figure.high:
            yield f"{name} lies outside its interval"
    yield from unseen_faults(figures)
    names = [row.name for row in figures.ablation or []]
    compared = [(pair.a, pair.b) for pair in figures.mcnemar or []]
    if compared != list(combinations(names, 2)):
        yield "mcnemar compares other answers than ablation has"


def unseen_faults(figures: SplitFigures) -> Iterator[str]:
    """Where the figures of the faces that are not in training cannot be those of a part."""
    part = figures.not_in_training
    if part is None:
        return
    whole, own = (round(one.n * one.overall_accuracy.value) for one in (figures, part))
    if not (0 <= part.n <= figures.n and 0 <= whole - own <= figures.n - part.n):
        yield "not_in_training has other right answers than a part of these faces can have"
    for name in ("overall_accuracy", "mean_class_accuracy"):
        figure = getattr(part, name)
        if not figure.low <= figure.value <= figure.high:
            yield f"not_in_training.{name} lies outside its interval"


def derived(figures: SplitFigures, label_set: LabelSet) -> dict[str, Any]:
    """What the confusion matrix and the reliability bins alone say, named as in the figures."""
    classes = len(label_set.names)
    cells = np.indices((classes, classes)).reshape(2, -1)
    counts = np.reshape(figures.confusion, cells.shape[1])
    labels, answers = np.repeat(cells, counts, axis=1)
    overall, mean_class = accuracies(answers, labels)
    scales = {"levels_5": LEVELS_5, "levels_3": LEVELS_3} if label_set.levels else {}
    return {
        "n": len(labels),
        "overall_accuracy": {"value": overall},
        "mean_class_accuracy": {"value": mean_class},
        **{
            name: {"mapped_accuracy": mapped_accuracy(answers, labels, scale, label_set)}
            for name, scale in scales.items()
        },
        "ece": expected_calibration_error(figures.reliability),
        "per_class": per_class(answers, labels, label_set.names),
    }


def derived_rows(figures: SplitFigures) -> dict[str, Any]:
    """What rows of the tables say of each other and of the whole, named likewise."""
    rows, pairs, slices = figures.ablation or [], figures.mcnemar or [], figures.slices or []
    tests = {}
    for number, (pair, (a, b)) in enumerate(zip(pairs, combinations(rows, 2), strict=True)):
        # Two accuracies differ by the faces that only one of the two gets right.
        more = round(figures.n * (a.overall_accuracy.value - b.overall_accuracy.value))
        tests[number] = {"only_a": pair.only_b + more, "p": chance(pair.only_a, pair.only_b)}
    ablation: dict[int, Any] = {number: {"n": figures.n} for number in range(len(rows))}
    spoilt: dict[int, Any] = {number: {"n": figures.n} for number in range(len(slices))}
    if rows:  # the model's own comes last
        ablation[len(rows) - 1] = ablation_row("", figures)
    if slices:  # the faces as they are come first
        spoilt[0] = subset_of_all(figures)
    return {"ablation": ablation, "mcnemar": tests, "slices": spoilt}


def subset_of_all(figures: SplitFigures) -> SubsetFigures:
    """All faces as a row of a table."""
    return SubsetFigures("", figures.n, figures.overall_accuracy, figures.mean_class_accuracy)


def numbers(record: Any) -> dict[str, float]:
    """Every number of a record by its path, such as `levels_5.accuracy`."""
    return {path: value for path, value in leaves(record).items() if isinstance(value, int | float)}
