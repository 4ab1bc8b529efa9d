"""The log of runs: what each says of itself, and the table that is made of it."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from fer.errors import DataError
from fer.models.hub import local_name
from fer.models.records import TRAINING, TrainingRecord, training_record

RUNS = Path(__file__).parent.parent / "runs"  # a file a run, called like it
TABLE = RUNS.parent / "RUNS.md"
HEADER = """# Runs

Every run whose weights were considered, in the order they ended, judged on the validation split
that chose its weights. Made by `python -m train.runs`; the records behind it, with every setting,
are in [`runs`](runs).

| run | recipe | network | stages: epochs × faces at size | training hours | overall | mean-class |
|---|---|---|---|---|---|---|
"""


def log_runs(runs: Iterable[Path]) -> Path:
    """Keep the records of finished runs and make the table of all anew; where it is.

    Raises `DataError` when a run has not finished.
    """
    for run in runs:
        record = run / "model" / TRAINING
        if not record.is_file():
            raise DataError(f"{run} has no finished model: train it to its end, then add it.")
        shutil.copyfile(record, RUNS / f"{local_name(run / 'model')}.json")
    TABLE.write_text(render(), encoding="utf-8")
    return TABLE


def render() -> str:
    """The table as Markdown."""
    records = {path.stem: _read(path) for path in RUNS.glob("*.json")}
    ordered = sorted(records.items(), key=lambda item: (item[1].ended or "", item[0]))
    return HEADER + "".join(f"| {' | '.join(row(name, record))} |\n" for name, record in ordered)


def row(name: str, record: TrainingRecord) -> list[str]:
    """The cells of one run; its figures are those of the epoch whose weights it kept."""
    recipe = record.recipe
    if recipe is None or record.seconds is None:
        raise DataError(f"The record of {name} lacks its recipe or its cost: add the run again.")
    stages = [f"{stage.epochs} × {stage.faces or 'all'} at {stage.size}" for stage in recipe.stages]
    last = [epoch for epoch in record.history if epoch.stage == recipe.stages[-1].name]
    best = max(last, key=lambda epoch: epoch.overall_accuracy + epoch.mean_class_accuracy)
    figures = [
        f"{100 * share:.2f} %" for share in (best.overall_accuracy, best.mean_class_accuracy)
    ]
    hours = f"{record.seconds / 3600:.1f}"
    return [name, recipe.name, recipe.architecture, ", ".join(stages), hours, *figures]


def _read(path: Path) -> TrainingRecord:
    return training_record(json.loads(path.read_text(encoding="utf-8")), str(path))
