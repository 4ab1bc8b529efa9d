"""Train a network: python -m train.train --data FOLDER --out runs/NAME [--recipe RECIPE]

Starts a run or, given the same --out again, carries on exactly from its last checkpoint. It ends in
a model folder, `<out>/model`, in half precision. `train.ddamfn` and `train.convnext` are the same
for one kind of network.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fer.errors import DataError
from fer.networks.names import CONVNEXT, DDAMFN
from train.engine.interruption import add_run_options, deadline_after, run_resumable

if TYPE_CHECKING:
    from train.engine.recipe import Recipe

RECIPES = Path(__file__).parent / "recipes"
COMMAND = "train.train"
# Commands for one kind of network: what people call it, and what recipes call it.
KINDS = {
    "train.ddamfn": ("DDAMFN", (DDAMFN,)),
    "train.convnext": ("ConvNeXt-V2", tuple(CONVNEXT)),
}


def main(
    arguments: list[str] | None = None, command: str = COMMAND, recipe: str = "ferplus-ddamfn"
) -> int:
    """Run the command line, of that name and with that recipe if no other is chosen; returns the
    exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {command}", description="Train a network; resumes a run."
    )
    parser.add_argument(
        "--data", required=True, help="folder or Hub id of a data set with train and validation"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    default = RECIPES / f"{recipe}.toml"
    parser.add_argument("--recipe", type=Path, default=default, help=f"TOML file (else {recipe})")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", help="override the recipe")
    add_run_options(parser)
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    return run_resumable(lambda: train(options, command))


def train(options: argparse.Namespace, command: str) -> int:
    """Train as the command line says; the exit code."""
    deadline = deadline_after(options.minutes)
    from fer.data import load_split
    from fer.data.hub import pinned
    from fer.data.repeats import warn_of_repeats
    from train.data.cropping import warn_of_photos
    from train.engine.recipe import load_recipe
    from train.engine.training_run import train_run

    recipe = load_recipe(options.recipe, options.set)
    require_kind(recipe, command)
    data = pinned(options.data)
    faces, validation = (
        load_split(data, split, options.skip_unreadable, recipe.label_set)
        for split in ("train", "validation")
    )
    warn_of_photos(faces, data)
    warn_of_repeats({"train": faces, "validation": validation})
    train_run(recipe, faces, validation, options.out, options.workers, deadline, data)
    return 0


def require_kind(recipe: "Recipe", command: str) -> None:
    """Raise `DataError` when a command for one kind of network is given a recipe for another."""
    if command not in KINDS or recipe.architecture in KINDS[command][1]:
        return
    fitting = (name for name, (_, known) in KINDS.items() if recipe.architecture in known)
    raise DataError(
        f"{recipe.name} trains a {recipe.architecture}, not {KINDS[command][0]}: "
        f"use python -m {next(fitting, COMMAND)}."
    )


if __name__ == "__main__":
    sys.exit(main())
