"""The figures of one model: as text, in its `metrics.json`, and compared with what is there."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from fer.errors import DataError
from fer.evaluation.provenance import commit, versions, weights
from fer.labels import EMOTIONS
from fer.models.model_folder import read_json, write_json

METRICS = "metrics.json"
SCORINGS = "test_scorings.json"


def read_metrics(folder: Path) -> dict[str, Any] | None:
    """The figures of a model folder by split; None where it was never judged."""
    return _read(folder / METRICS)


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
    if "times_scored" in figures:
        lines.append(f"this test split was scored {figures['times_scored']} times for this model")
    lines.append(f"{'emotion':<12}precision  recall      F1  faces")
    for emotion, row in figures["per_class"].items():
        shares = f"{row['precision']:9.2%}{row['recall']:8.2%}{row['f1']:8.2%}"
        lines.append(f"{emotion:<12}{shares}{row['support']:7}")
    lines.append("confusion, a row a true emotion: " + ", ".join(EMOTIONS))
    lines += ["".join(f"{count:6}" for count in row) for row in figures["confusion"]]
    for row in [*figures.get("groups", []), *figures.get("slices", [])]:
        accuracies = [row[key]["value"] for key in ("overall_accuracy", "mean_class_accuracy")]
        lines.append(f"{row['name']:<24}" + "".join(f"{value:9.2%}" for value in accuracies))
    return "\n".join(lines)


def write_metrics(folder: Path, split: str, figures: dict[str, Any], data: str) -> None:
    """Put a split's figures into the folder's `metrics.json`, with where they come from."""
    path = folder / METRICS
    metrics = read_metrics(folder) or {}
    metrics[split] = {
        **figures,
        "provenance": {
            "data": data,
            "split": split,
            "commit": commit(),
            "recipe": read_json(folder)["recipe"],
            "weights": weights(folder),
            "date": date.today().isoformat(),
            "versions": versions(),
        },
    }
    write_json(path, metrics)
    print(f"The figures of {split} are in {path}")


def record_scoring(folder: Path, data: str) -> int:
    """Note in the folder that a test split is scored; how often that one has been by now."""
    path = folder / SCORINGS
    entry = {"data": data, "date": date.today().isoformat(), "commit": commit()}
    scorings = [*(_read(path) or []), {**entry, "weights": weights(folder)}]
    path.write_text(json.dumps(scorings, indent=2) + "\n", encoding="utf-8")
    return sum(scoring["data"] == data for scoring in scorings)


def compare(folder: Path, split: str, figures: dict[str, Any]) -> int:
    """Say which recorded figures differ; 0 when none does, else 1."""
    try:
        recorded = (read_metrics(folder) or {})[split]
    except KeyError as error:
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


def _read(path: Path) -> Any:
    """The content of a JSON file; None where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    except ValueError as error:
        raise DataError(f"{path} is not valid JSON: delete it and evaluate again.") from error
