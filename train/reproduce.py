"""The whole table from one data set: python -m train.reproduce --data RAFDB --out runs/rafdb

`--msceleb MFN_msceleb.pth`, the user's own copy of upstream's file, is what DDAMFN starts from in
its paper; without it, less is to be expected. Trains DDAMFN and ConvNeXt-V2, or the `--members`
named (a recipe's file makes one of any network), stacks them, judges all of them and ends in the
table, which is also put into `<out>/RESULTS.md`. The same command carries on after a stop; a model
is judged again only where it, its configuration or the faces have changed.
"""

import argparse
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from train.engine.interruption import add_run_options, deadline_after, run_resumable
from train.train import RECIPES

# The recipe of each network that can be a member.
MEMBERS = {
    "ddamfn": RECIPES / "rafdb-ddamfn-sam.toml",
    "convnext": RECIPES / "rafdb-convnext.toml",
    "face_resnet29": RECIPES / "rafdb-face-resnet.toml",
}
OF_PAPER = ("ddamfn", "convnext")
# What else is in the folder of the runs, or a row of the table, and what would break that.
OTHERS = (*MEMBERS, "ensemble", "soft vote", "msceleb", "partial", r"seed-\d+", r".*\|.*")
TAKEN = re.compile("|".join(OTHERS), re.IGNORECASE)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.reproduce", description="All at once.")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument(
        "--members",
        nargs="+",
        default=OF_PAPER,
        help=f"networks to train and stack: {', '.join(MEMBERS)}, or files of recipes "
        f"(else those of the paper: {', '.join(OF_PAPER)})",
    )
    for name, recipe in MEMBERS.items():
        parser.add_argument(f"--{name}", type=Path, default=recipe, help="TOML file of its recipe")
    parser.add_argument(
        "--msceleb", type=Path, help="upstream's MFN_msceleb.pth, for DDAMFN to start from"
    )
    parser.add_argument(
        "--seeds", type=int, default=1, help="train all so many times, for means and their spread"
    )
    parser.add_argument("--splits", nargs="+", default=["validation", "test"])
    add_run_options(parser)
    options = parser.parse_args(arguments)
    for member in options.members:
        if member in MEMBERS:
            continue
        if not member.endswith(".toml"):
            parser.error(f"there is no member {member}: name {', '.join(MEMBERS)} or a recipe.toml")
        if TAKEN.fullmatch(Path(member).stem):
            parser.error(f"no member can be called {Path(member).stem}: rename its recipe's file")
    if len(options.members) < 2:
        parser.error("one member makes no ensemble: name two, or train it by train.train")
    if len({Path(member).stem for member in options.members}) < len(options.members):
        parser.error("two members have one name: rename a recipe's file")
    if options.seeds < 1:
        parser.error("--seeds must be at least 1")
    if options.msceleb and "ddamfn" not in options.members:
        parser.error("--msceleb is what ddamfn starts from: name it among --members")
    return run_resumable(lambda: carry_out(options))


def carry_out(options: argparse.Namespace) -> int:
    """Reproduce as the command line says and print the table; the exit code."""
    deadline = deadline_after(options.minutes)
    from fer.data.hub import pinned
    from train.engine.processes import make_accelerator
    from train.engine.recipe import load_recipe
    from train.studies.reproduction import reproduce
    from train.studies.results import WITHOUT_START

    recipes = {
        Path(member).stem: load_recipe(getattr(options, member) if member in MEMBERS else member)
        for member in options.members
    }
    if options.msceleb:
        with make_accelerator().main_process_first():
            start = start_from(options.msceleb, options.out / "msceleb")
        recipes["ddamfn"] = replace(recipes["ddamfn"], start=str(start))
    elif "ddamfn" in recipes and not recipes["ddamfn"].start:
        print(WITHOUT_START)
    table = reproduce(
        pinned(options.data),
        options.out,
        recipes,
        options.splits,
        options.workers,
        deadline,
        options.seeds,
    )
    if table is None:
        return 0
    text = table.read_text(encoding="utf-8")
    print(f"\n{text}\nThe table is in {table}, plots are in the model folders.")
    return 0


def start_from(checkpoint: Path, folder: Path) -> Path:
    """Import upstream's backbone into a folder, unless it is there; the folder, for a recipe.

    Raises `ModelError` when the file is none of upstream's, `DataError` when it is not that one or
    the folder holds another.
    """
    from fer.errors import DataError
    from fer.models.files import sha256
    from fer.models.upstream.conversion import BACKBONE, import_checkpoint

    if not checkpoint.is_file():
        raise DataError(f"There is no file {checkpoint}: give the path of your MFN_msceleb.pth.")
    if not folder.exists():
        partial = folder.parent / "partial" / folder.name
        shutil.rmtree(partial, ignore_errors=True)
        import_checkpoint(checkpoint, partial, trained_on="AffectNet")
        if not (partial / BACKBONE).is_file():
            shutil.rmtree(partial.parent)
            raise DataError(
                f"{checkpoint} knows emotions already, so it is not MFN_msceleb.pth, which knows "
                "faces alone: give that one."
            )
        partial.rename(folder)
        partial.parent.rmdir()
    if sha256(checkpoint) not in (folder / "README.md").read_text(encoding="utf-8"):
        raise DataError(f"{folder} holds another checkpoint than {checkpoint}: choose a new --out.")
    return folder.resolve()


if __name__ == "__main__":
    sys.exit(main())
