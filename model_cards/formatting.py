"""Figures and settings as a card words them."""

import re
from pathlib import Path
from typing import Any

from fer.evaluation.plots import plot_file
from fer.labels import EMOTIONS
from model_cards.licences import BY_DATA

# Each picture's heading, and a text for those who do not see it.
PLOTS = {
    "confusion": (
        "Which emotion is taken for which",
        "Confusion matrix, a row a label: {best} is found most often ({best_recall}), {worst} "
        "least ({worst_recall}).",
    ),
    "per_emotion": (
        "How well each emotion is found",
        "Bars of recall and precision per emotion: recall from {worst_recall} ({worst}) to "
        "{best_recall} ({best}).",
    ),
    "reliability": (
        "How far its confidence can be trusted",
        "Reliability diagram: right answers against confidence, on average {gap} apart.",
    ),
}


def headline(splits: dict[str, Any]) -> str:
    """The most telling figures in a sentence."""
    split = "test" if "test" in splits else next(iter(splits))
    figures = splits[split]
    overall, mean_class = figures["overall_accuracy"], figures["mean_class_accuracy"]
    return (
        f"of {figures['n']:,} faces of {data_name(figures)} ({split}), {interval(overall)} get the "
        f"right one of seven emotions; {interval(mean_class)} if every emotion counts alike."
    )


def limits(splits: dict[str, Any], grey: bool) -> list[str]:
    """What the figures and the training data say against the model, in plain words."""
    figures = splits.get("test") or next(iter(splits.values()))
    recalls = {emotion: row["recall"] for emotion, row in figures["per_class"].items()}
    weak = sorted((e for e in EMOTIONS if recalls[e] < 0.5), key=lambda e: recalls[e])
    sentences = []
    if weak:
        named = ", ".join(f"{e} ({percent(recalls[e], 0)})" for e in weak)
        sentences.append(f"It misses more than half of: {named}. Do not count on these.")
    confusion = figures["confusion"]
    pairs = [
        (confusion[row][column] / max(sum(confusion[row]), 1), EMOTIONS[row], EMOTIONS[column])
        for row in range(len(EMOTIONS))
        for column in range(len(EMOTIONS))
        if row != column
    ]
    share, label, answer = max(pairs)
    sentences.append(
        f"Its most frequent mistake: {percent(share, 0)} of {label} is answered {answer}."
    )
    if grey:
        sentences.append("It saw no colour in training, so crops lose theirs.")
    unmeasured = "" if "groups" in figures else " How much more was not measured by group."
    sentences.append(
        "The faces it learnt from were found on the web, mostly frontal, and represent nobody in "
        "particular: expect more errors on side views, covered faces, and people and ages rare "
        f"there.{unmeasured}"
    )
    return sentences


def plots(split: str, figures: dict[str, Any]) -> list[dict[str, str]]:
    """The pictures of a split, each with its heading and a text for those who do not see it."""
    recalls = {emotion: row["recall"] for emotion, row in figures["per_class"].items()}
    best, worst = max(recalls, key=recalls.__getitem__), min(recalls, key=recalls.__getitem__)
    words = {
        "best": best,
        "worst": worst,
        "best_recall": percent(recalls[best], 0),
        "worst_recall": percent(recalls[worst], 0),
        "gap": percent(figures["ece"], 1),
    }
    return [
        {
            "title": title,
            "path": plot_file(split, name),
            "alt": alt.format(**words),
        }
        for name, (title, alt) in PLOTS.items()
    ]


def data_name(figures: dict[str, Any]) -> str:
    """The data that figures were measured on, as people write it where it is known."""
    found = figures["provenance"]["data"]
    return next((name for name in BY_DATA if plain(name) == plain(found)), found)


def plain(name: str) -> str:
    """A data set's name without what spellings differ in."""
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "plus"))


def network_name(architecture: str) -> str:
    """An architecture as people write it."""
    return "DDAMFN" if architecture == "ddamfn" else f"ConvNeXt-V2 {architecture.split('_')[1]}"


def start(architecture: str, recipe: dict[str, Any], earlier: dict[str, Any]) -> str:
    """What the weights were before the run."""
    if recipe.get("pretrained"):
        return f"from timm’s ImageNet weights of {architecture} (CC BY-NC 4.0)"
    if not earlier:
        return f"from scratch (seed {recipe.get('seed', 0)})"
    of = f"from an earlier model of ours (recipe `{earlier['recipe']}`)"
    if not earlier["recipe"]:
        of = "from weights that were not trained here"
    return (
        f"{of}, which began with ImageNet weights (CC BY-NC 4.0)"
        if earlier.get("pretrained")
        else of
    )


def stage_sentence(stage: dict[str, Any]) -> str:
    """One stage of a recipe in words."""
    faces = f" of {stage['faces']:,} faces" if stage["faces"] else ""
    rule = (
        stage["optimizer"].replace("adamw", "AdamW").replace("adam", "Adam").replace("sgd", "SGD")
    )
    sam = " under SAM" if stage["sam_rho"] else ""
    epochs = f"{stage['epochs']} epoch{'s' if stage['epochs'] > 1 else ''}{faces}"
    return f"{stage['name']}: {epochs} at {stage['size']}×{stage['size']} with {rule}{sam}"


def hours(*runs: dict[str, Any]) -> str | None:
    """The time that runs took together; None where that of one is not on record."""
    seconds = [run.get("seconds") or 0 for run in runs]
    return f"{sum(seconds) / 3600:.1f}" if all(seconds) else None


def megabytes(paths: list[Path]) -> str:
    """Size of files together."""
    return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f}"


def percent(value: float, digits: int = 2) -> str:
    """A fraction as people read it."""
    return f"{100 * value:.{digits}f} %"


def interval(figure: dict[str, float]) -> str:
    """A figure with its 95 % interval."""
    return f"{percent(figure['value'])} ({100 * figure['low']:.1f}–{100 * figure['high']:.1f})"
