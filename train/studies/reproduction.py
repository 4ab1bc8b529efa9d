"""Everything behind a table: train some networks, stack them, judge them all."""

from collections.abc import Sequence
from pathlib import Path

from fer.data import LabelledFaces, load_split
from fer.engines.choice import quickest
from fer.evaluation.comparison import comparison_tables
from fer.evaluation.evaluate import evaluate_models
from fer.evaluation.report import report
from fer.models.records import Metrics, read_metrics
from fer.recognizer import load
from train.engine.recipe import Recipe
from train.engine.training_run import train_run
from train.studies.stacking import stack_models


def reproduce(
    data: str,
    out: Path,
    recipes: dict[str, Recipe],
    splits: Sequence[str],
    workers: int | None,
    deadline: float,
) -> Path:
    """Train a network by each recipe, stack them and judge them all; the file with the tables.

    They are stacked as in the paper, on probabilities.

    Everything is kept in the folder `out`, each run under its name in `recipes`. It carries on
    after a stop; a split that the ensemble was judged on is not scored again.

    Raises `OutOfTime`, ready to be resumed, after the `deadline` of `time.monotonic()`.
    """
    train, validation = (load_split(data, split) for split in ("train", "validation"))
    members = [
        train_run(recipe, train, validation, out / name, workers, deadline)
        for name, recipe in recipes.items()
    ]
    ensemble = stack_models(members, validation, out / "ensemble", "probabilities")
    folders = [model.path for model in (*members, ensemble)]
    for split in splits:
        if split not in ensemble.metrics:
            faces = validation if split == "validation" else load_split(data, split)
            judge(folders, faces, data, split)
    results = out / "RESULTS.md"
    results.write_text(tables(read_metrics(ensemble.path)), encoding="utf-8")
    return results


def judge(folders: Sequence[Path], faces: LabelledFaces, data: str, split: str) -> None:
    """Judge models on a split of the data and keep the figures in their folders."""
    models = [load(folder, engine=quickest()) for folder in folders]
    for evaluation in evaluate_models(models, faces, data, split):
        print(f"\n{evaluation.model.name}, {split}\n{report(evaluation.figures)}")
        evaluation.write()


def tables(metrics: Metrics) -> str:
    """The tables of an ensemble's figures as Markdown, a section a split."""
    sections = []
    for split, figures in metrics.items():
        heading = f"## {split.capitalize()}, {figures.n:,} faces of {figures.provenance.data}"
        rows, pairs = figures.ablation or [], figures.mcnemar or []
        sections.append(f"{heading}\n\n{comparison_tables(rows, pairs)}")
    return "\n\n".join(sections) + "\n"
