"""The whole table from one data set: python -m train.reproduce --data RAFDB --out runs/rafdb

Trains DDAMFN and ConvNeXt-V2, stacks them, judges all three and ends in the table, which is also
put into `<out>/RESULTS.md`. The same command carries on after a stop; a split that the ensemble was
judged on is not scored again.
"""

import argparse
import sys
import time
from pathlib import Path

from fer.errors import FerError
from fer.evaluation.comparison import ablation_table, mcnemar_table
from fer.evaluation.report import read_metrics
from train import evaluate, stack
from train.engine.command import RECIPES
from train.engine.command import main as train

RESULTS = "RESULTS.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.reproduce", description="All at once.")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--ddamfn", type=Path, default=RECIPES / "rafdb-ddamfn-sam.toml")
    parser.add_argument("--convnext", type=Path, default=RECIPES / "rafdb-convnext.toml")
    parser.add_argument("--splits", nargs="+", default=["validation", "test"])
    parser.add_argument("--workers", default="0", help="processes that prepare images")
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop, ready to be resumed, after so long"
    )
    options = parser.parse_args(arguments)
    try:
        return reproduce(options)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2


def reproduce(options: argparse.Namespace) -> int:
    """Train, stack, judge and print the table; the exit code of the step that failed, else 0."""
    data = ["--data", str(options.data)]
    recipes = {"ddamfn": options.ddamfn, "convnext": options.convnext}
    deadline = time.monotonic() + 60 * options.minutes
    for name, recipe in recipes.items():
        run = ["--out", str(options.out / name), "--recipe", str(recipe)]
        run += ["--workers", options.workers]
        if options.minutes:
            left = max(deadline - time.monotonic(), 1e-3) / 60  # 0 would set no limit
            run += ["--minutes", f"{left:.6f}"]
        code = train("python -m train.reproduce", "", [*data, *run])
        if code or not (options.out / name / "model").is_dir():  # failed, or out of time
            return code
    members = [str(options.out / name / "model") for name in recipes]
    ensemble = options.out / "ensemble"
    if code := stack.main([*members, *data, "--out", str(ensemble)]):
        return code
    for split in options.splits:
        judged = split in (read_metrics(ensemble) or {})
        models = ["--model", *members, str(ensemble)]
        if not judged and (code := evaluate.main([*models, *data, "--split", split, "--write"])):
            return code
    text = results(ensemble)
    (options.out / RESULTS).write_text(text, encoding="utf-8")
    print(f"\n{text}\nThe table is in {options.out / RESULTS}, plots are in the model folders.")
    return 0


def results(ensemble: Path) -> str:
    """The tables of an ensemble's `metrics.json` as Markdown, a section a split."""
    sections = []
    for split, figures in (read_metrics(ensemble) or {}).items():
        data = figures["provenance"]["data"]
        heading = f"## {split.capitalize()}, {figures['n']:,} faces of {data}"
        tables = [ablation_table(figures["ablation"]), mcnemar_table(figures["mcnemar"])]
        sections.append("\n\n".join([heading, *tables]))
    return "\n\n".join(sections) + "\n"


if __name__ == "__main__":
    sys.exit(main())
