"""Everything behind a table: train some networks, stack them, judge them all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from fer.data import LabelledFaces, load_split
from fer.data.repeats import warn_of_repeats
from fer.engines.choice import quickest
from fer.errors import DataError
from fer.evaluation.evaluate import evaluate_models
from fer.evaluation.provenance import outdated
from fer.evaluation.report import report
from fer.models.model_folder import ModelFolder, NetworkFolder
from fer.models.records import Metrics, read_metrics
from fer.recognizer import load
from train.data.cropping import warn_of_photos
from train.engine.initialize import UPSTREAM
from train.engine.interruption import is_first
from train.engine.recipe import Recipe
from train.engine.training_run import train_run
from train.studies.results import text
from train.studies.stacking import stack_models

DDAMFN_MEMBER = "ddamfn"  # as `train.reproduce` calls it


def reproduce(
    data: str,
    out: Path,
    recipes: dict[str, Recipe],
    splits: Sequence[str],
    workers: int | None,
    deadline: float,
    seeds: int = 1,
) -> Path | None:
    """Train a network by each recipe, stack them and judge them all; the file with the tables.

    They are stacked as in the paper, on probabilities. With several `seeds` all of that is done
    once for each, from the recipes' own seeds on, and the tables begin with the means.

    Everything is kept in the folder `out`, each run under its name in `recipes`, those of further
    seeds in a folder for each. It carries on after a stop; a model is judged again only if it, its
    configuration or the faces are others than its figures are of. Of several processes the first
    one stacks and judges; the others get None.

    Raises `OutOfTime`, ready to be resumed, after the `deadline` of `time.monotonic()`.
    """
    labels = next(iter(recipes.values())).label_set
    if any(recipe.label_set != labels for recipe in recipes.values()):
        raise DataError(
            "The recipes declare different labels: networks of one table need the same."
        )
    train, validation = (
        load_split(data, split, labels=labels) for split in ("train", "validation")
    )
    warn_of_photos(train, data)
    warn_of_repeats({"train": train, "validation": validation})
    known = {"train": train, "validation": validation}
    # Read before hours of training, lest one is missing; nothing looks at them until it is over.
    judged_on = {
        split: known.get(split) or load_split(data, split, labels=labels) for split in splits
    }
    if is_first():
        for split in judged_on.keys() - known.keys():
            warn_of_repeats({"train": train, split: judged_on[split]})
    folders = [out, *(out / f"seed-{number}" for number in range(2, seeds + 1))]
    trained = [
        [
            train_run(
                replace(recipe, seed=recipe.seed + number),
                train,
                validation,
                folder / name,
                workers,
                deadline,
                data,
            )
            for name, recipe in recipes.items()
        ]
        for number, folder in enumerate(folders)
    ]
    if not is_first():
        return None
    metrics = [
        figures_of(members, folder, validation, data, judged_on)
        for folder, members in zip(folders, trained, strict=True)
    ]
    results = out / "RESULTS.md"
    started = DDAMFN_MEMBER not in recipes or knew_faces(
        trained[0][list(recipes).index(DDAMFN_MEMBER)]
    )
    results.write_text(text(metrics, started), encoding="utf-8")
    return results


def knew_faces(network: NetworkFolder) -> bool:
    """Whether a network's training started from MS-Celeb-1M, as DDAMFN's did in its paper."""
    origin = network.training.started_from
    return origin is not None and UPSTREAM in origin.training_data


def figures_of(
    members: Sequence[NetworkFolder],
    out: Path,
    validation: LabelledFaces,
    data: str,
    judged_on: Mapping[str, LabelledFaces],
) -> Metrics:
    """Stack networks on validation into `out/ensemble` and judge all of them on some splits of the
    data; the ensemble's figures."""
    ensemble = stack_models(members, validation, out / "ensemble", "probabilities")
    for split, faces in judged_on.items():
        models = (*members, ensemble)
        due = [model.path for model in models if not judged(model, split, faces.digest)]
        if due:
            judge(due, faces, data, split)
    metrics = read_metrics(ensemble.path)
    return {split: metrics[split] for split in judged_on}


def judged(model: ModelFolder, split: str, faces: str) -> bool:
    """Whether the figures in a model's folder are of the model as it is and of these faces, a
    split's digest."""
    figures = model.metrics.get(split)
    if figures is None or figures.provenance.faces != faces:
        return False
    return outdated(model, split, figures.provenance) is None


def judge(folders: Sequence[Path], faces: LabelledFaces, data: str, split: str) -> None:
    """Judge models on a split of the data and keep the figures in their folders."""
    models = [load(folder, engine=quickest()) for folder in folders]
    for evaluation in evaluate_models(models, faces, data, split):
        print(f"\n{evaluation.model.name}, {split}\n{report(evaluation.figures)}")
        evaluation.write()
