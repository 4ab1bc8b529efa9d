"""Do the engines agree? python -m benchmarks.engines --data FOLDER [--model MODEL …] [--out FILE]

Every network and the ensemble answer each face of the validation split, by torch and by OpenVINO in
every precision that this CPU has. Writes how far their probabilities differ, both accuracies, and
the milliseconds a face takes alone and in batches of 8.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fer.commands import run_command
from fer.engines import EngineName, Precision
from fer.models.bundled import BUNDLES, WEIGHTS
from fer.models.files import write_json

if TYPE_CHECKING:
    from fer.data import LabelledFaces

REPORT = Path(__file__).parent / "engines.json"
MODELS = [WEIGHTS / "ddamfn-ferplus", WEIGHTS / "convnext-ferplus", *BUNDLES.values()]
WAYS: list[tuple[EngineName, Precision]] = [
    ("torch", "fp32"),
    ("openvino", "fp32"),
    ("openvino", "bf16"),
]
REPEATS = 20  # of a timing, of which the median counts


@dataclass(frozen=True)
class Row:
    """How one model answers by one engine; differences are from torch."""

    model: str
    engine: str
    precision: str
    faces: int
    overall_accuracy: float
    mean_class_accuracy: float
    largest_difference: float  # of a probability
    same_emotion: float  # share of faces
    ms_alone: float  # a face
    ms_in_batches: float  # a face of 8


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines", description="Do the engines agree?"
    )
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--model", type=Path, nargs="+", default=MODELS, help="model folders")
    parser.add_argument("--out", type=Path, default=REPORT, help="JSON file for the figures")
    options = parser.parse_args(arguments)
    return run_command(lambda: measure(options), "train")


def measure(options: argparse.Namespace) -> int:
    """Print and write the figures; the exit code."""
    from fer.data import load_split
    from fer.evaluation.provenance import commit, hardware, versions

    faces = load_split(options.data, "validation")
    rows = [row for model in options.model for row in compare(model, faces)]
    for row in rows:
        print(
            f"{row.model:24} {row.engine:9} {row.precision}  {row.overall_accuracy:.2%} / "
            f"{row.mean_class_accuracy:.2%}  differs by {row.largest_difference:.1e}, "
            f"{row.same_emotion:.2%} alike  {row.ms_alone:5.1f} / {row.ms_in_batches:5.1f} ms"
        )
    about = {
        "data": Path(options.data).name,
        "split": "validation",
        "date": date.today().isoformat(),
        "commit": commit(),
        "hardware": hardware(),
        "versions": versions(),
    }
    write_json(options.out, {**about, "rows": [asdict(row) for row in rows]})
    return 0


def compare(model: Path, faces: "LabelledFaces") -> list[Row]:
    """A model by every engine in every precision."""
    import fer
    from fer.evaluation.metrics import accuracies
    from fer.evaluation.predictions import predict_split

    rows: list[Row] = []
    reference = None
    for engine, precision in WAYS:
        recognizer = fer.load(model, engine=engine, precision=precision)
        if recognizer.engine.precision != precision:
            continue  # this CPU has no such instructions
        answers = predict_split(recognizer.predict, faces)
        reference = answers if reference is None else reference
        emotions = answers.argmax(axis=1)
        overall, mean_class = accuracies(emotions, faces.labels)
        crops = [faces.image(row) for row in range(8)]
        rows.append(
            Row(
                recognizer.name,
                engine,
                precision,
                len(faces),
                overall,
                mean_class,
                float(np.abs(answers - reference).max()),
                float((emotions == reference.argmax(axis=1)).mean()),
                milliseconds(recognizer.predict, crops[:1]),
                milliseconds(recognizer.predict, crops) / len(crops),
            )
        )
    return rows


def milliseconds(predict: Callable[[list[Image.Image]], object], crops: list[Image.Image]) -> float:
    """How long an answer takes, as a rule."""
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        predict(crops)
        taken.append(time.perf_counter() - begun)
    return 1000 * float(np.median(taken))


if __name__ == "__main__":
    sys.exit(main())
