"""Stacking: fit the combination of several models' probabilities (D. Wolpert, 1992)."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from fer.models.ensemble import Combination, Stacker, features

FOLDS = 5  # for the figures of stacking on validation
FOLDS_FOR_C = 3
SEED = 0


def fit_stacker(members: NDArray[np.float32], labels: NDArray[np.int64]) -> Stacker:
    """Fit on M×N×7 probabilities and N labels; C is chosen by log-loss in cross-validation."""
    fitted = regression().fit(features(members), labels).best_estimator_
    return Stacker(fitted.coef_, fitted.intercept_)


def cross_fitted(members: NDArray[np.float32], labels: NDArray[np.int64]) -> Combination:
    """How a stacker combines the very faces that it is fitted on (M×N×7, N labels), honestly.

    Each of those faces is answered by a stacker whose fit and choice of C did not see it.
    """
    fitted = [
        (fit_stacker(members[:, seen], labels[seen]), unseen)
        for seen, unseen in folds(FOLDS).split(labels, labels)
    ]

    def combine(asked: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.empty(asked.shape[1:], np.float32)
        for stacker, unseen in fitted:
            rows[unseen] = stacker(asked[:, unseen])
        return rows

    return combine


def regression() -> GridSearchCV:
    """Multinomial logistic regression with a choice of C, not fitted yet."""
    grid = {"C": np.logspace(-3, 2, 6)}
    regression = LogisticRegression(max_iter=2000)
    return GridSearchCV(regression, grid, scoring="neg_log_loss", cv=folds(FOLDS_FOR_C))


def folds(number: int) -> StratifiedKFold:
    """The folds of validation, always the same."""
    return StratifiedKFold(number, shuffle=True, random_state=SEED)
