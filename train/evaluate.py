"""Judge a model: python -m train.evaluate --model weights/ddamfn-ferplus --data FOLDER [--write]

Prints the figures of a split and says how they compare with the model's `metrics.json`; `--write`
puts them there instead, with their provenance. Crops go through the recogniser, as photos do.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from fer import FerError, load
from fer.data import load_split
from fer.errors import DataError
from fer.folder import read_json, write_json
from fer.labels import EMOTIONS
from train.metrics import evaluate
from train.predictions import predict_split
from train.provenance import commit, versions

METRICS = "metrics.json"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when figures differ from `metrics.json`."""
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description="Judge a model.")
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--data", type=Path, required=True, help="folder with <split>.parquet")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--write", action="store_true", help="write metrics.json")
    options = parser.parse_args(arguments)
    try:
        recognizer = load(options.model)
        faces = load_split(options.data, options.split)
        figures = evaluate(predict_split(recognizer.predict, faces), faces.labels)
        print(table(figures))
        if options.write:
            write_metrics(options.model, options.split, figures, options.data.name)
            return 0
        return compare(options.model, options.split, figures)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2


def table(figures: dict[str, Any]) -> str:
    """The figures as lines of text, in percent."""
    lines = [f"{figures['n']} faces"]
    for name in ("overall_accuracy", "mean_class_accuracy"):
        figure = figures[name]
        interval = f"95 % interval {figure['low']:.2%} to {figure['high']:.2%}"
        lines.append(f"{name.replace('_', ' '):<20} {figure['value']:7.2%}  {interval}")
    for name in ("levels_5", "levels_3"):
        level = figures[name]
        mapped = f"from the answered emotion {level['mapped_accuracy']:.2%}"
        lines.append(
            f"{name.replace('_', ' ') + ' accuracy':<20} {level['accuracy']:7.2%}  {mapped}"
        )
    lines.append(f"calibration error {figures['ece']:.4f}, log-loss {figures['log_loss']:.4f}")
    lines.append(f"{'emotion':<12}precision  recall      F1  faces")
    for emotion, row in figures["per_class"].items():
        shares = f"{row['precision']:9.2%}{row['recall']:8.2%}{row['f1']:8.2%}"
        lines.append(f"{emotion:<12}{shares}{row['support']:7}")
    lines.append("confusion, a row a true emotion: " + ", ".join(EMOTIONS))
    lines += ["".join(f"{count:6}" for count in row) for row in figures["confusion"]]
    return "\n".join(lines)


def write_metrics(folder: Path, split: str, figures: dict[str, Any], data: str) -> None:
    """Put a split's figures into the folder's `metrics.json`, with where they come from."""
    path = folder / METRICS
    metrics = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    metrics[split] = {
        **figures,
        "provenance": {
            "data": data,
            "split": split,
            "commit": commit(),
            "recipe": read_json(folder)["recipe"],
            "date": date.today().isoformat(),
            "versions": versions(),
        },
    }
    write_json(path, metrics)
    print(f"The figures of {split} are in {path}")


def compare(folder: Path, split: str, figures: dict[str, Any]) -> int:
    """Say which recorded figures differ; 0 when none does, else 1."""
    try:
        recorded = json.loads((folder / METRICS).read_text(encoding="utf-8"))[split]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{folder} has no figures of {split} in {METRICS} to compare with: add --write."
        ) from error
    # Another processor rounds differently, which may turn a face or two that were on the brink.
    moved = np.abs(np.subtract(figures["confusion"], recorded["confusion"])).sum() / 2
    drift = abs(figures["log_loss"] - recorded["log_loss"])
    agree = figures["n"] == recorded["n"] and moved <= 0.001 * figures["n"] and drift < 1e-3
    verdict = "agree with" if agree else "differ from"
    print(f"The figures {verdict} {METRICS}: {moved:.0f} faces answered otherwise")
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
