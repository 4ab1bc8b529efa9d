"""Judge models: python -m train.evaluate --model A [B …] --data FOLDER [--split test] [--write]

Prints the figures of a split and says how they compare with each model's `metrics.json`; `--write`
puts them there instead, with their provenance, and draws the plots. Of several models, and of the
members of an ensemble, it prints the ablation table and McNemar's test. `--slices` also judges them
spoilt in six ways, which takes seven times as long. Every scoring of a test split is recorded in
the model's folder.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fer.commands import run_command

if TYPE_CHECKING:
    from fer.evaluation.evaluate import Evaluation


SHOWN = 10  # differences


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when figures differ from `metrics.json`."""
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description="Judge models.")
    parser.add_argument(
        "--model", nargs="+", required=True, help="model folders, or names of bundled models"
    )
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--write", action="store_true", help="write metrics.json and plots")
    parser.add_argument("--slices", action="store_true", help="judge on spoilt faces too")
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    return run_command(lambda: judge(options), "train")


def judge(options: argparse.Namespace) -> int:
    """Print the figures of every model, write or compare them; the exit code."""
    from fer.data import load_split
    from fer.data.hub import pinned
    from fer.engines.choice import quickest
    from fer.evaluation.comparison import ablation, comparison_tables, mcnemar
    from fer.evaluation.evaluate import evaluate_models
    from fer.evaluation.report import report
    from fer.models.bundled import BUNDLES
    from fer.recognizer import load

    # Not from the Hub: figures are written into the folder.
    models = [
        load(name if name in BUNDLES else Path(name), engine=quickest()) for name in options.model
    ]
    data = pinned(options.data)
    labels = models[0].labels
    faces = load_split(data, options.split, options.skip_unreadable, labels)
    evaluations = evaluate_models(models, faces, data, options.split, options.slices)
    code = 0
    for evaluation in evaluations:
        figures = evaluation.figures
        if figures.ablation and figures.mcnemar:
            print(f"\n{comparison_tables(figures.ablation, figures.mcnemar)}")
        print(f"\n{evaluation.model.name}, {options.split} of {Path(options.data).name}")
        print(report(figures))
        if options.write:
            evaluation.write()
            print(f"The figures of {options.split} are in {evaluation.model.path}")
        elif not agrees(evaluation):
            code = 1
    if len(models) > 1:
        answers = {name: rows for one in evaluations for name, rows in one.answers.items()}
        rows, pairs = ablation(answers, faces.labels, labels), mcnemar(answers, faces.labels)
        print(f"\n{comparison_tables(rows, pairs)}")
    return code


def agrees(evaluation: "Evaluation") -> bool:
    """Whether the figures are those of the model's `metrics.json`, which is printed too.

    Raises `DataError` where there are none to compare with.
    """
    from fer.errors import DataError
    from fer.evaluation.agreement import answered_otherwise, compare

    recorded = evaluation.model.metrics.get(evaluation.split)
    if recorded is None:
        raise DataError(
            f"{evaluation.model.path} has no figures of {evaluation.split} in metrics.json to "
            "compare with: add --write."
        )
    if evaluation.figures.slices is None:
        recorded = replace(recorded, slices=None)
    differences = compare(evaluation.figures, recorded).differences
    moved = answered_otherwise(evaluation.figures, recorded)
    verdict = "differ from" if differences else "agree with"
    print(f"The figures {verdict} metrics.json: {moved} faces answered otherwise")
    for one in differences[:SHOWN]:
        print(f"  {one.path} is {one.recorded} there, comes out as {one.measured}")
    if len(differences) > SHOWN:
        print(f"  and {len(differences) - SHOWN} more")
    return not differences


if __name__ == "__main__":
    sys.exit(main())
