"""Stack models: python -m train.stack A/model B/model --data FOLDER --out runs/ensemble

A member may also be a model on the Hub, `repo@revision`: the ensemble then names its exact commit,
as one that is to be published has to.

Fits a multinomial logistic regression on the members' probabilities of validation (D. Wolpert,
"Stacked generalization", 1992) and writes an ensemble folder. The strength of its regularisation is
chosen by cross-validation there; no other split is read.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np

from fer.data import LabelledFaces, load_split
from fer.errors import DataError, FerError
from fer.evaluation.comparison import ablation, ablation_table
from fer.evaluation.predictions import cached_probabilities
from fer.evaluation.provenance import training_record
from fer.evaluation.stacking import FOLDS, cross_fitted, fit_stacker
from fer.models.ensemble import EnsembleConfig, save_ensemble, soft_vote
from fer.models.hub import Source, locate
from fer.models.model_folder import read_config


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


if __name__ == "__main__":
    sys.exit(main())
