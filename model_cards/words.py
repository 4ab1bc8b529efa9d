"""Figures and settings as a card words them."""

from pathlib import Path
from typing import Any

from fer.labels import EMOTIONS

PLOTS = {
    "confusion": "Confusion matrix, a row a label: {best} is found most often ({best_recall}), "
    "{worst} least ({worst_recall}).",
    "per_emotion": "Bars of recall and precision per emotion: recall from {worst_recall} ({worst}) "
    "to {best_recall} ({best}).",
    "reliability": "Reliability diagram: right answers against confidence, on average {gap} apart.",
}


def headline(splits: dict[str, Any]) -> str:
    """The most telling figures in a sentence."""
    split = "test" if "test" in splits else next(iter(splits))
    figures = splits[split]
    overall, mean_class = figures["overall_accuracy"], figures["mean_class_accuracy"]
    return (
        f"{interval(overall)} of {figures['n']:,} faces of {figures['provenance']['data']} "
        f"({split}) get the right one of seven emotions, {interval(mean_class)} where every "
        "emotion counts alike."
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


def plots(folder: Path, split: str, figures: dict[str, Any]) -> list[dict[str, str]]:
    """The pictures of a split that are there, each with a text for those who do not see it."""
    recalls = {emotion: row["recall"] for emotion, row in figures["per_class"].items()}
    best, worst = max(recalls, key=recalls.__getitem__), min(recalls, key=recalls.__getitem__)
    words = {
        "best": best,
        "worst": worst,
        "best_recall": percent(recalls[best], 0),
        "worst_recall": percent(recalls[worst], 0),
        "gap": percent(figures["ece"], 1),
    }
    paths = {name: f"plots/{split}_{name}.png" for name in PLOTS}
    return [
        {"path": path, "alt": PLOTS[name].format(**words)}
        for name, path in paths.items()
        if (folder / path).is_file()
    ]


def network_name(architecture: str) -> str:
    """An architecture as people write it."""
    return "DDAMFN" if architecture == "ddamfn" else f"ConvNeXt-V2 {architecture.split('_')[1]}"


def stage_sentence(stage: dict[str, Any]) -> str:
    """One stage of a recipe in words."""
    faces = f" of {stage['faces']:,} faces" if stage["faces"] else ""
    rule = (
        stage["optimizer"].replace("adamw", "AdamW").replace("adam", "Adam").replace("sgd", "SGD")
    )
    sam = " under SAM" if stage["sam_rho"] else ""
    epochs = f"{stage['epochs']} epoch{'s' if stage['epochs'] > 1 else ''}{faces}"
    return f"{stage['name']}: {epochs} at {stage['size']}×{stage['size']} with {rule}{sam}"


def hours(training: dict[str, Any]) -> str | None:
    """The time that a run took; None where it is not on record."""
    seconds = training.get("seconds")
    return f"{seconds / 3600:.1f}" if seconds else None


def megabytes(paths: list[Path]) -> str:
    """Size of files together."""
    return f"{sum(path.stat().st_size for path in paths) / 1e6:.1f}"


def percent(value: float, digits: int = 2) -> str:
    """A fraction as people read it."""
    return f"{100 * value:.{digits}f} %"


def interval(figure: dict[str, float]) -> str:
    """A figure with its 95 % interval."""
    return f"{percent(figure['value'])} ({100 * figure['low']:.1f}–{100 * figure['high']:.1f})"
