"""Stack models: python -m train.stack A/model B/model --data FOLDER --out runs/ensemble

A member may also be a model on the Hub, `repo@revision`: the ensemble then names its exact commit,
as one that is to be published has to. Fits a stacker on the validation split and writes an ensemble
folder; no other split is read.
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.stack", description="Stack models.")
    parser.add_argument("members", nargs="+", help="model folders or Hub ids")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder of the ensemble")
    parser.add_argument(
        "--features",
        choices=("log-probabilities", "probabilities"),
        default="log-probabilities",
        help="what the stacker sees of the members; the paper's saw probabilities",
    )
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    return run_command(lambda: stack(options), "train")


def stack(options: argparse.Namespace) -> int:
    """Stack as the command line says and print how well it went; the exit code."""
    from fer.data import load_split
    from fer.data.hub import pinned
    from fer.evaluation.comparison import ablation_table
    from fer.models.model_folder import open_network
    from train.studies.stacking import stack_models, stacking_ablation

    members = [open_network(member) for member in options.members]
    labels = members[0].config.label_set
    validation = load_split(pinned(options.data), "validation", options.skip_unreadable, labels)
    ensemble = stack_models(members, validation, options.out, options.features)
    print(ablation_table(stacking_ablation(ensemble, validation)))
    print(f"The ensemble is in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
