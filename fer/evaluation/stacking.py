"""Stacking: fit the combination of several models' answers (D. Wolpert, 1992).

On log-probabilities, regression can multiply the members' evidence (G. Hinton, "Products of
experts", 1999), and faces of rare emotions count more. On probabilities it is the regression of
the project's paper.
"""

import itertools
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from fer.evaluation.calibration import fit_temperature
from fer.evaluation.metrics import accuracies
from fer.models.config import StackerFeatures
from fer.models.ensemble import Combination, Stacker, seen_by_stacker

FOLDS = 5  # for the figures of stacking on validation
FOLDS_FOR_CHOICE = 3
REPEATS = 2  # of these, for rare emotions have few faces
SEED = 0
STRENGTHS = (0.003, 0.01, 0.03, 0.1)  # C, the inverse of the regularisation
EXPONENTS = (0.0, 0.25, 0.5)  # a face of an emotion that n faces have weighs n^-exponent
Rows = NDArray[np.floating]
Labels = NDArray[np.int64]


def fit_stacker(
    members: NDArray[np.float32], labels: Labels, features: StackerFeatures = "log-probabilities"
) -> Stacker:
    """Fit on M×N×7 probabilities and N labels, with everything chosen by cross-validation there.

    On probabilities, C is chosen by log-loss; on log-probabilities see `_choose`.
    """
    seen = seen_by_stacker(members, features)
    if features == "probabilities":
        fitted = _regression_of_the_paper().fit(seen, labels).best_estimator_
        return Stacker(fitted.coef_, fitted.intercept_, features)
    chosen = _choose(seen, labels)
    fitted = _fit(seen, labels, chosen.strength, chosen.exponent)
    # Divided by a temperature, for the weights of rare emotions make the answers less sure.
    return Stacker(
        fitted.coef_ / chosen.temperature, fitted.intercept_ / chosen.temperature, features
    )


def cross_fitted(
    members: NDArray[np.float32], labels: Labels, features: StackerFeatures = "log-probabilities"
) -> Combination:
    """How a stacker combines the very faces that it is fitted on (M×N×7, N labels), honestly.

    Each of those faces is answered by a stacker whose fit and choices did not see it.
    """
    fitted = [
        (fit_stacker(members[:, seen], labels[seen], features), unseen)
        for seen, unseen in _folds(FOLDS).split(labels, labels)
    ]

    def combine(asked: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.empty(asked.shape[1:], np.float32)
        for stacker, unseen in fitted:
            rows[unseen] = stacker(asked[:, unseen])
        return rows

    return combine


@dataclass(frozen=True)
class _Choice:
    """A strength and an exponent, and how a stacker with them answers to faces it has not seen."""

    strength: float
    exponent: float
    score: float  # the mean of overall and mean-class accuracy
    losses: Rows  # of each face, in nats
    temperature: float


def _choose(seen: Rows, labels: Labels) -> _Choice:
    """The strength and exponent of a stacker, and the temperature that suits it.

    An honest confidence goes first: of all whose log-loss cannot be told from the lowest one, by
    two standard errors of the difference over the faces, the one with the best score.
    """
    tried = [
        _try(seen, labels, strength, exponent)
        for strength, exponent in itertools.product(STRENGTHS, EXPONENTS)
    ]
    lowest = min(tried, key=lambda choice: choice.losses.mean())
    honest = []
    for choice in tried:
        more = choice.losses - lowest.losses
        if more.mean() <= 2 * more.std() / np.sqrt(len(labels)):
            honest.append(choice)
    return max(honest, key=lambda choice: choice.score)


def _try(seen: Rows, labels: Labels, strength: float, exponent: float) -> _Choice:
    scores, logits = [], np.zeros((REPEATS, len(labels), int(labels.max()) + 1))
    for repeat in range(REPEATS):
        for inside, outside in _folds(FOLDS_FOR_CHOICE, SEED + repeat).split(seen, labels):
            fitted = _fit(seen[inside], labels[inside], strength, exponent)
            logits[repeat, outside] = seen[outside] @ fitted.coef_.T + fitted.intercept_
        scores.append(np.mean(accuracies(logits[repeat].argmax(axis=1), labels)))
    temperature = fit_temperature(np.concatenate(logits), np.tile(labels, REPEATS))
    rows = log_softmax(logits / temperature, axis=2)
    losses = -rows[:, np.arange(len(labels)), labels].mean(axis=0)
    return _Choice(strength, exponent, float(np.mean(scores)), losses, temperature)


def _fit(seen: Rows, labels: Labels, strength: float, exponent: float) -> LogisticRegression:
    counts = np.bincount(labels)
    weights = (counts / counts.mean()) ** -exponent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its last bits do not matter
        regression = LogisticRegression(C=strength, max_iter=300)
        return regression.fit(seen, labels, sample_weight=weights[labels])


def _regression_of_the_paper() -> GridSearchCV:
    """Multinomial logistic regression with a choice of C, not fitted yet."""
    grid = {"C": np.logspace(-3, 2, 6)}
    regression = LogisticRegression(max_iter=2000)
    return GridSearchCV(regression, grid, scoring="neg_log_loss", cv=_folds(FOLDS_FOR_CHOICE))


def _folds(number: int, seed: int = SEED) -> StratifiedKFold:
    """The folds of validation, always the same."""
    return StratifiedKFold(number, shuffle=True, random_state=seed)
