"""Logit adjustment after training (A. Menon et al., ICLR 2021, section 4.1).

A shift of the logits by -τ·log(prior) moves answers towards rare emotions, or towards frequent ones
where the sampler drew rare faces too often. It is folded into the classifier's bias, so the
finished network is of the usual form.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fer.evaluation.metrics import accuracies
from fer.networks.registry import classifier

CHOICES = np.linspace(-1, 1, 41)


def choose_shift(
    logits: NDArray[np.float32], labels: NDArray[np.int64], prior: NDArray[np.float32]
) -> float:
    """The τ with the highest mean of overall and mean-class accuracy on logits N×7, N labels.

    `prior` is each emotion's share of the training faces, shape 7. Of equals, the smallest wins.
    """

    def score(shift: float) -> tuple[float, float]:
        answers = (logits - shift * np.log(prior)).argmax(axis=1)
        return round(sum(accuracies(answers, labels)) / 2, 9), -abs(shift)

    return float(max(CHOICES, key=score))


def shift_bias(network: nn.Module, shift: float, prior: torch.Tensor) -> None:
    """Fold a shift of the logits into the bias of a network's classifier."""
    with torch.no_grad():
        classifier(network).bias.sub_(shift * prior.log())
