"""Figures of merit for emotion probabilities against labels."""

import numpy as np
from numpy.typing import NDArray

from fer.labels import EMOTIONS


def accuracies(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Overall accuracy and the mean of per-class recall (over classes that have faces)."""
    hits = predicted == labels
    recalls = [hits[labels == c].mean() for c in range(len(EMOTIONS)) if (labels == c).any()]
    return float(hits.mean()), float(np.mean(recalls))
