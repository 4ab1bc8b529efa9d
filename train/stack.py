"""Stack models: python -m train.stack A/model B/model --data FOLDER --out weights/ensemble-ferplus

A member may also be a model on the Hub, `repo@revision`: the ensemble then names its exact commit,
as one that is to be published has to.

Fits a multinomial logistic regression on the members' probabilities of validation (D. Wolpert,
"Stacked generalization", 1992) and writes an ensemble folder. The strength of its regularisation is
chosen by cross-validation there; no other split is read.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from fer.data import LabelledFaces, load_split
from fer.ensemble import EnsembleConfig, Stacker, features, save_ensemble, soft_vote
from fer.errors import DataError, FerError
from fer.folder import read_config
from fer.hub import Source, locate
from train.ablation import ablation, ablation_table
from train.predictions import cached_probabilities
from train.provenance import training_record

Combination = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # M×N×7 to N×7

FOLDS = 5  # for the figures of stacking on validation
FOLDS_FOR_C = 3
SEED = 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.stack", description="Stack models.")
    parser.add_argument("members", nargs="+", help="model folders or Hub ids")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder of the ensemble")
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    try:
        faces = load_split(options.data, "validation", options.skip_unreadable)
        if faces.class_counts().min() < FOLDS:
            raise DataError(f"Stacking needs {FOLDS} validation faces of every emotion: add some.")
        sources = [find_member(member, faces) for member in options.members]
        members = np.stack([cached_probabilities(source.folder, faces) for source in sources])
        names = tuple(name_in(options.out, source) for source in sources)
        stacker = fit_stacker(members, faces.labels)
        save_ensemble(options.out, EnsembleConfig(names, "stack"), stacker)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    answers = {
        "soft vote": soft_vote(members),
        "stacking": cross_fitted(members, faces.labels)(members),
    }
    print(ablation_table(ablation(answers, faces.labels)))
    print(f"The ensemble is in {options.out}")
    return 0


def find_member(member: str, validation: LabelledFaces) -> Source:
    """Where a member is; refuses one that may have been trained on faces of this validation."""
    with locate(member) as source:
        read_config(source.folder)
    held_out = training_record(source.folder).get("validation")
    if held_out is not None and held_out != validation.digest:
        raise DataError(
            f"{member} was trained with another validation split, so it may have seen these faces: "
            "give the --data it was trained with."
        )
    return source


def name_in(ensemble: Path, member: Source) -> str:
    """How an ensemble names a member: by a path relative to itself, or `repo@commit`."""
    if member.commit:
        return f"{member.name}@{member.commit}"
    return os.path.relpath(member.folder, ensemble)


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


if __name__ == "__main__":
    sys.exit(main())
