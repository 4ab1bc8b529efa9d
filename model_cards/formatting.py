"""Figures and settings as a card words them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from fer.evaluation.plots import plot_file
from fer.evaluation.report import in_training
from fer.labels import EMOTIONS
from fer.models.records import Interval, Metrics, SplitFigures, StageRecord, TrainingRecord
from model_cards.references import data_name

OPTIMIZERS = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD"}


@dataclass(frozen=True)
class Plot:
    """A picture of a card."""

    title: str
    path: str  # relative to the model folder
    alt: str  # for those who do not see it


def headline(metrics: Metrics) -> str:
    """The most telling figures in a sentence."""
    split = telling_split(metrics)
    figures = metrics[split]
    kinds, kind = "seven emotions", "emotion"
    if tuple(figures.per_class) != EMOTIONS:
        kinds, kind = f"{len(figures.per_class)} labels", "label"
    overall, mean_class = figures.overall_accuracy, figures.mean_class_accuracy
    return (
        f"of {figures.n:,} faces of {data_name(figures)} ({split}), {interval(overall)} get the "
        f"right one of {kinds}; {interval(mean_class)} if every {kind} counts alike."
        + (f" {in_training(figures)}" if figures.not_in_training else "")
    )


def telling_split(metrics: Metrics) -> str:
    """The split whose figures say most: test, which chose nothing, where it was judged."""
    return "test" if "test" in metrics else next(iter(metrics))


def limits(metrics: Metrics, grey: bool, published: bool) -> list[str]:
    """What the figures and the training data, `published` or not, say against the model, in plain
    words."""
    figures = metrics[telling_split(metrics)]
    recalls = tested_recalls(figures)
    weak = sorted((e for e in recalls if recalls[e] < 0.5), key=lambda e: recalls[e])
    sentences = []
    if untested := [emotion for emotion in figures.per_class if emotion not in recalls]:
        sentences.append(
            f"No face of {' or '.join(untested)} was among those tested: how well that is found is "
            "not known."
        )
    if weak:
        named = ", ".join(f"{e} ({percent(recalls[e], 0)})" for e in weak)
        sentences.append(f"It misses more than half of: {named}. Do not count on these.")
    share, label, answer = max(
        (count / max(sum(row), 1), label, answer)
        for label, row in zip(figures.per_class, figures.confusion, strict=True)
        for answer, count in zip(figures.per_class, row, strict=True)
        if label != answer
    )
    if share:
        sentences.append(
            f"Its most frequent mistake: {percent(share, 0)} of {label} is answered {answer}."
        )
    if grey:
        sentences.append("It saw no colour in training, so crops lose theirs.")
    unmeasured = "" if figures.groups else " How much more was not measured by group."
    faces = (
        "The faces it learnt from were found on the web, mostly frontal, and represent nobody in "
        "particular: expect more errors on side views, covered faces, and people and ages rare "
        "there."
    )
    if not published:
        faces = (
            "What the faces are like that it learnt from is not known here: expect more errors on "
            "people, ages, poses and light that were rare among them."
        )
    sentences.append(faces + unmeasured)
    return [*sentences, report.limits()]


def tested_recalls(figures: SplitFigures) -> dict[str, float]:
    """The recall of each emotion that was tested at all."""
    rows = figures.per_class
    return {label: row.recall for label, row in rows.items() if row.support}


def plots(split: str, figures: SplitFigures) -> list[Plot]:
    """The pictures of a split."""
    recalls = tested_recalls(figures)
    best, worst = max(recalls, key=recalls.__getitem__), min(recalls, key=recalls.__getitem__)
    high, low = percent(recalls[best], 0), percent(recalls[worst], 0)
    return [
        Plot(
            "Which emotion is taken for which",
            plot_file(split, "confusion"),
            f"Confusion matrix, a row a label: {best} is found most often ({high}), {worst} least "
            f"({low}).",
        ),
        Plot(
            "How well each emotion is found",
            plot_file(split, "per_emotion"),
            f"Bars of recall and precision per emotion: recall from {low} ({worst}) to {high} "
            f"({best}).",
        ),
        Plot(
            "How far its confidence can be trusted",
            plot_file(split, "reliability"),
            "Reliability diagram: right answers against confidence, on average "
            f"{percent(figures.ece, 1)} apart.",
        ),
    ]


def start(architecture: str, training: TrainingRecord) -> str:
    """What the weights were before the run."""
    recipe, earlier = training.recipe, training.started_from
    if earlier and earlier.weights and not earlier.recipe:
        return f"from timm’s weights `{earlier.weights}`"
    if recipe and recipe.pretrained:
        return f"from timm’s ImageNet weights of {architecture} (CC BY-NC 4.0)"
    if not earlier:
        return f"from scratch (seed {recipe.seed if recipe else 0})"
    if earlier.recipe:
        model = f"an earlier model of ours (recipe `{earlier.recipe}`)"
    elif any("dlib" in data.name for data in earlier.training_data):
        model = "dlib’s face recognition network (CC0 1.0)"
    else:
        model = "weights that were not trained here"
    imagenet = ", which began with ImageNet weights (CC BY-NC 4.0)" if earlier.pretrained else ""
    if earlier.weights:
        imagenet = f", which began with timm’s weights `{earlier.weights}`"
    return f"from {model}{imagenet}"


def stage_sentence(stage: StageRecord) -> str:
    """One stage of a recipe in words."""
    faces = f" of {stage.faces:,} faces" if stage.faces else ""
    epochs = f"{stage.epochs} epoch{'s' if stage.epochs > 1 else ''}{faces}"
    sam = " under SAM" if stage.sam_rho else ""
    optimizer = OPTIMIZERS.get(stage.optimizer, stage.optimizer)
    return f"{stage.name}: {epochs} at {stage.size}×{stage.size} with {optimizer}{sam}"


def hours(seconds: Iterable[float | None]) -> str | None:
    """The time that runs took together; None where that of one is not on record."""
    runs = list(seconds)
    known = [run for run in runs if run]
    return f"{sum(known) / 3600:.1f}" if len(known) == len(runs) else None


def megabytes(paths: Iterable[Path]) -> str:
    """Size of files together."""
    return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f}"


def percent(value: float, digits: int = 2) -> str:
    """A fraction as people read it."""
    return f"{100 * value:.{digits}f} %"


def interval(figure: Interval) -> str:
    """A figure with its 95 % interval."""
    return f"{percent(figure.value)} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"
