"""The whole table from one data set: python -m train.reproduce --data RAFDB --out runs/rafdb

Trains DDAMFN and ConvNeXt-V2, or the `--members` named, stacks them, judges all of them and ends in
the table, which is also put into `<out>/RESULTS.md`. The same command carries on after a stop; a
split that the ensemble was judged on is not scored again.
"""

import argparse
import sys
from pathlib import Path

from train.engine.interruption import deadline_after, run_resumable
from train.train import RECIPES

# The recipe of each network that can be a member.
MEMBERS = {
    "ddamfn": RECIPES / "rafdb-ddamfn-sam.toml",
    "convnext": RECIPES / "rafdb-convnext.toml",
    "face_resnet29": RECIPES / "rafdb-face-resnet.toml",
}
OF_PAPER = ("ddamfn", "convnext")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.reproduce", description="All at once.")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument(
        "--members",
        nargs="+",
        choices=MEMBERS,
        default=OF_PAPER,
        help=f"networks to train and stack (else those of the paper: {', '.join(OF_PAPER)})",
    )
    for name, recipe in MEMBERS.items():
        parser.add_argument(f"--{name}", type=Path, default=recipe, help="TOML file of its recipe")
    parser.add_argument("--splits", nargs="+", default=["validation", "test"])
    parser.add_argument(
        "--workers", type=int, help="processes that fetch images (else some where there is a GPU)"
    )
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop, ready to be resumed, after so long"
    )
    options = parser.parse_args(arguments)
    return run_resumable(lambda: carry_out(options))


def carry_out(options: argparse.Namespace) -> int:
    """Reproduce as the command line says and print the table; the exit code."""
    deadline = deadline_after(options.minutes)
    from train.engine.recipe import load_recipe
    from train.studies.reproduction import reproduce

    recipes = {name: load_recipe(getattr(options, name)) for name in options.members}
    table = reproduce(options.data, options.out, recipes, options.splits, options.workers, deadline)
    text = table.read_text(encoding="utf-8")
    print(f"\n{text}\nThe table is in {table}, plots are in the model folders.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
