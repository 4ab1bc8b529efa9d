"""Judge models: python -m train.evaluate --model A [B …] --data FOLDER [--split test] [--write]

Prints the figures of a split and says how they compare with each model's `metrics.json`; `--write`
puts them there instead, with their provenance, and draws the plots. Of several models, and of the
members of an ensemble, it prints the ablation table and McNemar's test. Crops go through the
recogniser, as photos do. `--slices` also judges them spoilt in six ways, which takes seven times as
long. Every scoring of a test split is recorded in the model's folder.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer import FerError, Recognizer, load
from fer.data import LabelledFaces, load_split
from fer.errors import DataError
from fer.evaluation.comparison import Answers, ablation, ablation_table, mcnemar, mcnemar_table
from fer.evaluation.metrics import evaluate
from fer.evaluation.plots import draw_plots
from fer.evaluation.predictions import predict_split
from fer.evaluation.report import compare, record_scoring, table, write_metrics
from fer.evaluation.robustness import CORRUPTIONS, group_rows, slice_row
from fer.evaluation.stacking import Combination, cross_fitted
from fer.models.classifier import Model
from fer.models.ensemble import Stacker, soft_vote
from fer.models.model_folder import ModelConfig

# What was predicted of the split so far: by which model, of faces spoilt in which way.
Known = list[tuple[tuple[ModelConfig, str], NDArray[np.float32]]]
AS_THEY_ARE = next(iter(CORRUPTIONS))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when figures differ from `metrics.json`."""
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description="Judge models.")
    parser.add_argument("--model", type=Path, nargs="+", required=True, help="model folders")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--split", default="validation")
    parser.add_argument("--write", action="store_true", help="write metrics.json and plots")
    parser.add_argument("--slices", action="store_true", help="judge on spoilt faces too")
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    try:
        recognizers = {folder: load(folder) for folder in options.model}
        if len({recognizer.name for recognizer in recognizers.values()}) < len(options.model):
            raise DataError("Two of the models have one name: rename a folder to tell them apart.")
        faces = load_split(options.data, options.split, options.skip_unreadable)
        codes = []
        answers: Answers = {}
        known: Known = []
        for folder, recognizer in recognizers.items():
            own = answers_of(recognizer, faces, options.split, known)
            figures = evaluate(own[recognizer.name], faces.labels)
            if faces.groups:
                figures["groups"] = group_rows(own[recognizer.name], faces)
            if options.slices:
                figures["slices"] = slices(recognizer, faces, options.split, known)
            codes.append(judge(folder, recognizer.name, own, figures, faces, options))
            answers |= own
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    if len(recognizers) > 1:
        print_comparison(ablation(answers, faces.labels), mcnemar(answers, faces.labels))
    return max(codes)


def judge(
    folder: Path,
    name: str,
    answers: Answers,
    figures: dict[str, Any],
    faces: LabelledFaces,
    options: argparse.Namespace,
) -> int:
    """Print the figures of one model, write or compare them; the exit code."""
    if options.split == "test":
        figures["times_scored"] = record_scoring(folder, str(options.data))
    if len(answers) > 1:
        figures["ablation"] = ablation(answers, faces.labels)
        figures["mcnemar"] = mcnemar(answers, faces.labels)
        print_comparison(figures["ablation"], figures["mcnemar"])
    print(f"\n{name}, {options.split} of {Path(options.data).name}")
    print(table(figures))
    if not options.write:
        return compare(folder, options.split, figures)
    write_metrics(folder, options.split, figures, Path(options.data).name)
    draw_plots(folder, options.split, figures)
    return 0


def answers_of(recognizer: Recognizer, faces: LabelledFaces, split: str, known: Known) -> Answers:
    """The model's answers under its name; from an ensemble also its members' and the soft vote."""
    members = predictions(recognizer, faces, known)
    combined = combination(recognizer, members, faces, split)(members)
    if len(members) == 1:
        return {recognizer.name: combined}
    named = {model.name: rows for model, rows in zip(recognizer.models, members, strict=True)}
    return {**named, "soft vote": soft_vote(members), recognizer.name: combined}


def slices(
    recognizer: Recognizer, faces: LabelledFaces, split: str, known: Known
) -> list[dict[str, Any]]:
    """The model's accuracies on the faces as they are, and spoilt in several ways."""
    members = predictions(recognizer, faces, known)
    combine = combination(recognizer, members, faces, split)
    return [
        slice_row(way, combine(predictions(recognizer, faces, known, way)), faces.labels)
        for way in CORRUPTIONS
    ]


def combination(
    recognizer: Recognizer, members: NDArray[np.float32], faces: LabelledFaces, split: str
) -> Combination:
    """How the answers of a recogniser's models to a split become one, for its figures.

    A stacker has seen the labels of validation, so there others stand in, which have not.
    """
    if split == "validation" and isinstance(recognizer.combine, Stacker):
        return cross_fitted(members, faces.labels)
    return recognizer.combine


def predictions(
    recognizer: Recognizer, faces: LabelledFaces, known: Known, way: str = AS_THEY_ARE
) -> NDArray[np.float32]:
    """Each model's probabilities of the faces, spoilt in a way of `CORRUPTIONS`: M×N×7."""
    return np.stack([predict_once(model, faces, known, way) for model in recognizer.models])


def predict_once(model: Model, faces: LabelledFaces, known: Known, way: str) -> NDArray[np.float32]:
    """A model's probabilities of a split: of one judged alone and as a member, only once.

    The recorded SHA-256 in its configuration says which weights it has.
    """
    for key, rows in known:
        if model.config.sha256 and key == (model.config, way):
            return rows
    spoil = CORRUPTIONS[way]
    rows = predict_split(
        lambda crops: model.predict([spoil(crop.convert("RGB")) for crop in crops]), faces
    )
    known.append(((model.config, way), rows))
    return rows


def print_comparison(rows: list[dict[str, Any]], pairs: list[dict[str, Any]]) -> None:
    """Print the ablation table and McNemar's test."""
    print(f"\n{ablation_table(rows)}\n\n{mcnemar_table(pairs)}")


if __name__ == "__main__":
    sys.exit(main())
