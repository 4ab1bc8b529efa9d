"""Stack models: python -m train.stack A/model B/model --data FOLDER --out weights/ensemble-ferplus

Fits a multinomial logistic regression on the members' probabilities of validation (D. Wolpert,
"Stacked generalization", 1992) and writes an ensemble folder. The strength of its regularisation is
chosen by cross-validation there; no other split is read.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict

from fer.data import load_split
from fer.ensemble import EnsembleConfig, Stacker, features, save_ensemble, soft_vote
from fer.errors import FerError
from fer.model import Model
from train.metrics import accuracies
from train.predictions import member_probabilities

FOLDS = 5
SEED = 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.stack", description="Stack models.")
    parser.add_argument("members", nargs="+", type=Path, help="model folders")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder of the ensemble")
    options = parser.parse_args(arguments)
    try:
        faces = load_split(options.data, "validation")
        members = member_probabilities([Model(folder) for folder in options.members], faces)
        stacker = fit_stacker(members, faces.labels)
        out_of_fold = cross_val_predict(regression(), features(members), faces.labels, cv=folds())
        paths = tuple(os.path.relpath(folder, options.out) for folder in options.members)
        save_ensemble(options.out, EnsembleConfig(paths, "stack"), stacker)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    # The stacker has seen these labels, so its figure comes from folds that it was not fitted on.
    answers = {"soft vote": soft_vote(members).argmax(1), "stacking": out_of_fold}
    for name, answer in answers.items():
        overall, mean_class = accuracies(answer, faces.labels)
        print(f"{name}: {overall:.2%} overall, {mean_class:.2%} mean-class on validation")
    print(f"The ensemble is in {options.out}")
    return 0


def fit_stacker(members: NDArray[np.float32], labels: NDArray[np.int64]) -> Stacker:
    """Fit on M×N×7 probabilities and N labels; C is chosen by log-loss in cross-validation."""
    fitted = regression().fit(features(members), labels).best_estimator_
    return Stacker(fitted.coef_, fitted.intercept_)


def regression() -> GridSearchCV:
    """Multinomial logistic regression with a choice of C, not fitted yet."""
    grid = {"C": np.logspace(-4, 4, 9)}
    regression = LogisticRegression(max_iter=2000)
    return GridSearchCV(regression, grid, scoring="neg_log_loss", cv=folds())


def folds() -> StratifiedKFold:
    """The folds of validation, always the same."""
    return StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)


if __name__ == "__main__":
    sys.exit(main())
