"""Figures of merit for probabilities of K labels (N×K) against labels (N)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from fer.labels import LEVELS_3, LEVELS_5, SEVEN, LabelSet, Scale, membership, to_levels
from fer.models.records import ClassFigures, Figures, Interval, LevelFigures, ReliabilityBin

Labels = NDArray[np.integer]
Probabilities = NDArray[np.float32]
Shares = NDArray[np.float64]

RESAMPLES = 2000
BINS = 15


def accuracies(predicted: Labels, labels: Labels) -> tuple[float, float]:
    """Overall accuracy and mean-class accuracy."""
    overall = overall_accuracy(predicted, labels)
    return float(overall), float(mean_class_accuracy(predicted, labels))


def overall_accuracy(predicted: Labels, labels: Labels) -> Shares:
    """The share of faces (…×N) whose emotion is right."""
    return (predicted == labels).mean(axis=-1)


def mean_class_accuracy(predicted: Labels, labels: Labels) -> Shares:
    """The mean of per-class recall, over the classes that have faces (…×N)."""
    right = predicted == labels
    own = [labels == c for c in range(int(labels.max(initial=0)) + 1)]
    faces = np.stack([of_class.sum(axis=-1) for of_class in own])
    hits = np.stack([(right & of_class).sum(axis=-1) for of_class in own])
    return (hits / np.maximum(faces, 1)).sum(axis=0) / (faces > 0).sum(axis=0)


def with_interval(
    figure: Callable[[Labels, Labels], Shares], predicted: Labels, labels: Labels
) -> Interval:
    """A figure with its 95 % interval: percentiles over bootstrap resamples of the faces."""
    predicted, labels = predicted.astype(np.uint8), labels.astype(np.uint8)  # quicker to compare
    generator = np.random.default_rng(0)
    draws = generator.integers(len(labels), size=(RESAMPLES, len(labels)))
    low, high = np.percentile(figure(predicted[draws], labels[draws]), [2.5, 97.5])
    return Interval(float(figure(predicted, labels)), float(low), float(high))


def reliability(probabilities: Probabilities, labels: Labels) -> list[ReliabilityBin]:
    """For each of 15 equal bins of confidence that has faces: how many, how sure, how often right.

    Confidence is the probability of the answered emotion (Guo et al., ICML 2017, section 2).
    """
    confidence = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        ReliabilityBin(
            n=int((bins == b).sum()),
            confidence=float(confidence[bins == b].mean()),
            accuracy=float(hits[bins == b].mean()),
        )
        for b in np.unique(bins)
    ]


def expected_calibration_error(bins: list[ReliabilityBin]) -> float:
    """Mean gap of confidence and accuracy over the bins (Guo et al., ICML 2017, eq. 3)."""
    gaps = sum(row.n * abs(row.accuracy - row.confidence) for row in bins)
    return gaps / sum(row.n for row in bins)


def per_class(
    predicted: Labels, labels: Labels, names: Sequence[str] = SEVEN.names
) -> dict[str, ClassFigures]:
    """Precision, recall and F1 of each label, and its number of faces; 0 where undefined."""
    columns = precision_recall_fscore_support(
        labels, predicted, labels=range(len(names)), zero_division=0
    )
    return {
        name: ClassFigures(float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(names, *columns, strict=True)
    }


def mapped_accuracy(
    predicted: Labels, labels: Labels, scale: Scale, label_set: LabelSet = SEVEN
) -> float:
    """The share of faces whose answered label lies on the level of the right one."""
    level_of = membership(scale, label_set).argmax(axis=1)
    return float((level_of[predicted] == level_of[labels]).mean())


def evaluate(probabilities: Probabilities, labels: Labels, label_set: LabelSet = SEVEN) -> Figures:
    """Every figure of one split."""
    predicted = probabilities.argmax(axis=1)
    classes = range(len(label_set.names))
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)  # float32 sums to 1 only nearly
    bins = reliability(probabilities, labels)
    return Figures(
        n=len(labels),
        overall_accuracy=with_interval(overall_accuracy, predicted, labels),
        mean_class_accuracy=with_interval(mean_class_accuracy, predicted, labels),
        per_class=per_class(predicted, labels, label_set.names),
        confusion=confusion_matrix(labels, predicted, labels=classes).tolist(),
        levels_5=_levels(probabilities, labels, LEVELS_5, label_set),
        levels_3=_levels(probabilities, labels, LEVELS_3, label_set),
        ece=expected_calibration_error(bins),
        reliability=bins,
        log_loss=float(log_loss(labels, exact, labels=classes)),
    )


def _levels(
    probabilities: Probabilities, labels: Labels, scale: Scale, label_set: LabelSet
) -> LevelFigures | None:
    """Accuracy of the level with the largest sum, and of the level of the answered label."""
    if not label_set.levels:
        return None
    truth = membership(scale, label_set).argmax(axis=1)[labels]
    sums = to_levels(probabilities, scale, label_set)
    return LevelFigures(
        accuracy=float((sums.argmax(axis=1) == truth).mean()),
        mapped_accuracy=mapped_accuracy(probabilities.argmax(axis=1), labels, scale, label_set),
    )
