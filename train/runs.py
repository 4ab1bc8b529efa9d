"""The log of runs: python -m train.runs [RUN …] adds runs and writes train/RUNS.md anew.

What a run says of itself (recipe, course, cost) is kept as `train/runs/<name>.json`; the table is
made from these files alone.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from fer.errors import DataError, FerError
from fer.folder import name_of, write_json
from train.provenance import training_record

HERE = Path(__file__).parent
RECORDS = HERE / "runs"
TABLE = HERE / "RUNS.md"
HEADER = """# Runs

Every run whose weights were considered, in the order they ended, judged on the validation split
that chose its weights. Made by `python -m train.runs`; the records behind it, with every setting,
are in [`runs`](runs).

| run | recipe | network | stages: epochs × faces at size | training hours | overall | mean-class |
|---|---|---|---|---|---|---|
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.runs", description="Log runs.")
    parser.add_argument("runs", nargs="*", type=Path, help="finished run folders to add")
    options = parser.parse_args(arguments)
    try:
        for run in options.runs:
            add(run)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    TABLE.write_text(render(), encoding="utf-8")
    print(f"The table is in {TABLE}")
    return 0


def add(run: Path) -> None:
    """Keep the record of a finished run; raises `DataError` when it has not finished."""
    record = training_record(run / "model")
    if not record:
        raise DataError(f"{run} has no finished model: train it to its end, then add it.")
    RECORDS.mkdir(exist_ok=True)
    write_json(RECORDS / f"{name_of(run / 'model')}.json", record)


def render() -> str:
    """The table as Markdown."""
    records = {path.stem: json.loads(path.read_text("utf-8")) for path in RECORDS.glob("*.json")}
    ordered = sorted(records.items(), key=lambda item: (item[1].get("ended", ""), item[0]))
    return HEADER + "".join(f"| {' | '.join(row(name, record))} |\n" for name, record in ordered)


def row(name: str, record: dict[str, Any]) -> list[str]:
    """The cells of one run; its figures are those of the epoch whose weights it kept."""
    recipe = record["recipe"]
    stages = [f"{s['epochs']} × {s['faces'] or 'all'} at {s['size']}" for s in recipe["stages"]]
    last = [r for r in record["history"] if r["stage"] == recipe["stages"][-1]["name"]]
    best = max(last, key=lambda r: r["overall_accuracy"] + r["mean_class_accuracy"])
    figures = [f"{100 * best[key]:.2f} %" for key in ("overall_accuracy", "mean_class_accuracy")]
    hours = f"{record['seconds'] / 3600:.1f}"
    return [name, recipe["name"], recipe["architecture"], ", ".join(stages), hours, *figures]


if __name__ == "__main__":
    sys.exit(main())
