"""Trained models into one: fit a stacker on what they answer to validation.

Multinomial logistic regression on the members' answers (D. Wolpert, "Stacked generalization",
1992), with everything chosen by cross-validation there: see `fer.evaluation.stacking`.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.evaluation.comparison import ablation
from fer.evaluation.predictions import cached_probabilities
from fer.evaluation.stacking import FOLDS, cross_fitted, fit_stacker
from fer.models.config import EnsembleConfig, StackerFeatures, recorded_levels
from fer.models.ensemble import Probabilities, save_ensemble, soft_vote
from fer.models.model_folder import (
    EnsembleFolder,
    NetworkFolder,
    open_model,
    require_same_labels,
)
from fer.models.records import AblationRow


def stack_models(
    members: Sequence[NetworkFolder],
    validation: LabelledFaces,
    out: Path,
    features: StackerFeatures = "log-probabilities",
) -> EnsembleFolder:
    """Write the ensemble of some networks into the folder `out`, fitted on `validation` alone.

    `features` is what the stacker sees of them; "probabilities" makes that of the paper.

    Raises `DataError` when that has too few faces, or a member may have been trained on them.
    """
    if validation.class_counts().min() < FOLDS:
        raise DataError(f"Stacking needs {FOLDS} validation faces of every emotion: add some.")
    for member in members:
        require_same_labels(member, validation.label_set)
        require_held_out(member, validation)
    stacker = fit_stacker(_answers(members, validation), validation.labels, features)
    labels = validation.label_set
    names = tuple(name_in(out, member) for member in members)
    config = EnsembleConfig(names, "stack", labels=labels.names, levels=recorded_levels(labels))
    save_ensemble(out, config, stacker)
    ensemble = open_model(out)
    assert isinstance(ensemble, EnsembleFolder)
    return ensemble


def stacking_ablation(ensemble: EnsembleFolder, validation: LabelledFaces) -> list[AblationRow]:
    """Soft vote and stacking on the faces that the stacker was fitted on, cross-fitted."""
    answers = _answers(ensemble.members, validation)
    stacked = {
        f"stacking on {features}": cross_fitted(answers, validation.labels, features)(answers)
        for features in get_args(StackerFeatures)
    }
    both = {"soft vote": soft_vote(answers), **stacked}
    return ablation(both, validation.labels, validation.label_set)


def require_held_out(member: NetworkFolder, validation: LabelledFaces) -> None:
    """Raise `DataError` for a member that may have been trained on faces of this validation."""
    held_out = member.training.validation
    if held_out is not None and held_out != validation.digest:
        raise DataError(
            f"{member.name} was trained with another validation split, so it may have seen these "
            "faces: give the --data it was trained with."
        )


def name_in(ensemble: Path, member: NetworkFolder) -> str:
    """How an ensemble names a member: by a path relative to itself, or `repo@commit`."""
    if member.commit:
        return f"{member.name}@{member.commit}"
    return os.path.relpath(member.path, ensemble)


def _answers(members: Sequence[NetworkFolder], faces: LabelledFaces) -> Probabilities:
    return np.stack([cached_probabilities(member, faces) for member in members])
