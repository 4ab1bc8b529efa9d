"""Pictures of a split's figures, for people who would rather look: `<folder>/plots/*.png`."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("agg")  # no window, whatever machine this is
from matplotlib import pyplot

from fer.labels import EMOTIONS

PLOTS = "plots"
INK = "#333333"
BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by the colour-blind (M. Okabe, K. Ito, 2008)


def draw_plots(folder: Path, split: str, figures: dict[str, Any]) -> None:
    """Draw confusion matrix, reliability diagram and accuracy per emotion of a split."""
    plots = folder / PLOTS
    plots.mkdir(exist_ok=True)
    drawings = {
        "confusion": confusion,
        "reliability": reliability,
        "per_emotion": per_emotion,
    }
    for name, drawing in drawings.items():
        figure, axes = pyplot.subplots(figsize=(5, 4.4), layout="constrained")
        drawing(axes, figures)
        axes.set_title(f"{figures['n']:,} faces of {split}", fontsize=11, color=INK)
        # A background of its own keeps a picture readable on dark pages too. No time stamp is
        # written into the file: the same figures give the same picture.
        figure.savefig(plots / f"{split}_{name}.png", dpi=120, metadata={"Software": None})
        pyplot.close(figure)


def confusion(axes: Any, figures: dict[str, Any]) -> None:
    """How often each true emotion (row) got each answer (column), in percent of the row."""
    counts = np.array(figures["confusion"], float)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 55 else INK
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=40, ha="right")
    axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
    axes.set(xlabel="answer, % of the label’s faces", ylabel="label")
    axes.spines[:].set_visible(False)


def reliability(axes: Any, figures: dict[str, Any]) -> None:
    """How often answers of each confidence are right; the diagonal is perfect calibration."""
    rows = figures["reliability"]
    largest = max(row["n"] for row in rows)
    axes.plot([0, 100], [0, 100], "--", color="#999999", label="perfectly calibrated")
    axes.scatter(
        [100 * row["confidence"] for row in rows],
        [100 * row["accuracy"] for row in rows],
        [20 + 260 * row["n"] / largest for row in rows],  # area, points²
        color=BLUE,
        alpha=0.75,
        label="answers (area: how many)",
    )
    axes.set(xlim=(0, 102), ylim=(0, 102), xlabel="confidence, %", ylabel="right answers, %")
    axes.legend(loc="upper left", frameon=False, markerscale=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def per_emotion(axes: Any, figures: dict[str, Any]) -> None:
    """Recall and precision of each emotion."""
    places = np.arange(len(EMOTIONS))
    for shift, key, colour in ((-0.2, "recall", BLUE), (0.2, "precision", ORANGE)):
        values = [100 * figures["per_class"][emotion][key] for emotion in EMOTIONS]
        bars = axes.barh(places + shift, values, 0.38, color=colour, label=f"{key}, %")
        axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=8, color=INK)
    supports = [figures["per_class"][emotion]["support"] for emotion in EMOTIONS]
    names = [f"{emotion} ({n})" for emotion, n in zip(EMOTIONS, supports, strict=True)]
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 112))
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.07), ncols=2, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
