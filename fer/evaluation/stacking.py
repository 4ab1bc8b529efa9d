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
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold, StratifiedKFold

from fer.evaluation.calibration import fit_temperature
from fer.evaluation.metrics import accuracies
from fer.models.config import StackerFeatures
from fer.models.ensemble import Combination, Stacker, seen_by_stacker

FOLDS = 5  # for the figures of stacking on validation
FOLDS_FOR_CHOICE = 3
REPEATS = 2  # of these, for a choice among stronger weights of rare emotions is noisy
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
    scores: Rows  # of each fold: the mean of overall and mean-class accuracy
    log_loss: float
    temperature: float


def _choose(seen: Rows, labels: Labels) -> _Choice:
    """The strength and exponent of a stacker, and the temperature that suits it.

    Of all that are as good as the best, by the mean of overall and mean-class accuracy and but for
    the standard error of the difference over the folds, the one with the lowest log-loss.
    """
    tried = [
        _try(seen, labels, strength, exponent)
        for strength, exponent in itertools.product(STRENGTHS, EXPONENTS)
    ]
    best = max(tried, key=lambda choice: choice.scores.mean())
    alike = []
    for choice in tried:
        lost = best.scores - choice.scores
        if lost.mean() <= lost.std(ddof=1) / np.sqrt(len(lost)):
            alike.append(choice)
    return min(alike, key=lambda choice: choice.log_loss)


def _try(seen: Rows, labels: Labels, strength: float, exponent: float) -> _Choice:
    folds = RepeatedStratifiedKFold(n_splits=FOLDS_FOR_CHOICE, n_repeats=REPEATS, random_state=SEED)
    scores, logits, truth = [], [], []
    for inside, outside in folds.split(seen, labels):
        fitted = _fit(seen[inside], labels[inside], strength, exponent)
        logits.append(seen[outside] @ fitted.coef_.T + fitted.intercept_)
        truth.append(labels[outside])
        scores.append(np.mean(accuracies(logits[-1].argmax(axis=1), truth[-1])))
    unseen, answers = np.concatenate(logits), np.concatenate(truth)
    temperature = fit_temperature(unseen, answers)
    log_loss = -log_softmax(unseen / temperature, axis=1)[np.arange(len(answers)), answers].mean()
    return _Choice(strength, exponent, np.array(scores), float(log_loss), temperature)


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


def _folds(number: int) -> StratifiedKFold:
    """The folds of validation, always the same."""
    return StratifiedKFold(number, shuffle=True, random_state=SEED)
