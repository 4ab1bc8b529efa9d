"""Pictures of a split's figures, for people who would rather look: `<folder>/plots/*.png`."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

matplotlib.use("agg")  # no window, whatever machine this is
from matplotlib import pyplot

from fer.models.records import ClassFigures, Figures, ReliabilityBin

INK = "#333333"
BLUE, ORANGE = "#0072b2", "#d55e00"  # told apart by the colour-blind (M. Okabe, K. Ito, 2008)
# A phone shows a picture about 4 inches wide, so that letters keep about their size there.
SIZE, DPI = (4, 3.8), 180
STYLE: Any = {"font.size": 10, "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK}
FIGURES = "Figures"  # in a picture's metadata: of which figures it is
PIXELS = "Pixels"  # there, too: what it shows, so that nothing can be painted over
# Two pictures are the same if no square of so many pixels differs by more, of 255: other versions
# of what draws them place a letter a little otherwise.
SQUARE, MOST = 8, 40


@dataclass(frozen=True)
class Shown:
    """What of the figures the pictures show."""

    n: int
    confusion: list[list[int]]
    reliability: list[ReliabilityBin]
    per_class: dict[str, ClassFigures]


def draw_plots(folder: Path, split: str, figures: Figures) -> None:
    """Draw confusion matrix, reliability diagram and accuracy per emotion of a split."""
    for name in DRAWINGS:
        path = folder / plot_file(split, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_drawn(name, split, _shown(figures)))


@lru_cache(maxsize=32)
def _drawn(name: str, split: str, shown: str) -> bytes:
    """A picture as a PNG file. It is kept, for a card is often checked after it was made."""
    figures = msgspec.json.decode(shown, type=Shown)
    drawn, file = io.BytesIO(), io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
        DRAWINGS[name](axes, figures)
        axes.set_title(f"{figures.n:,} faces of {split}", fontsize=10)
        # A background of its own keeps a picture readable on dark pages too.
        figure.savefig(drawn, dpi=DPI)
        pyplot.close(figure)
    # No time stamp is written into the file: the same figures give the same picture.
    picture, about = Image.open(drawn), PngInfo()
    about.add_text(FIGURES, _digest(shown))
    about.add_text(PIXELS, pixels(picture))
    picture.save(file, "PNG", dpi=(DPI, DPI), pnginfo=about)
    return file.getvalue()


def plot_file(split: str, name: str) -> str:
    """Where a picture is in a model folder."""
    return f"plots/{split}_{name}.png"


def _shown(figures: Figures) -> str:
    shown = Shown(figures.n, figures.confusion, figures.reliability, figures.per_class)
    return json.dumps(msgspec.to_builtins(shown))


def _digest(shown: str) -> str:
    """The SHA-256 of what the pictures show."""
    return hashlib.sha256(json.dumps([*json.loads(shown).values()]).encode()).hexdigest()


def shows(path: Path, split: str, figures: Figures) -> bool:
    """Whether a picture is the one that is drawn of these figures of a split."""
    shown = _shown(figures)
    try:
        with Image.open(path) as picture:
            told = picture.info.get(FIGURES), picture.info.get(PIXELS)
            if told != (_digest(shown), pixels(picture)):
                return False
            # The marks alone could be those of any picture, such as a blank one.
            name = path.stem.removeprefix(f"{split}_")
            right = Image.open(io.BytesIO(_drawn(name, split, shown)))
            if picture.size != right.size:
                return False
            return bool(np.abs(_squares(picture) - _squares(right)).max() <= MOST)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def pixels(picture: Image.Image) -> str:
    """The SHA-256 of what a picture shows."""
    return hashlib.sha256(
        repr(picture.size).encode() + picture.convert("RGBA").tobytes()
    ).hexdigest()


def _squares(picture: Image.Image) -> NDArray[np.float64]:
    """The mean of every square of a picture."""
    small = picture.convert("RGB").reduce(SQUARE)
    return np.asarray(small, dtype=np.float64)


def confusion(axes: Any, figures: Shown) -> None:
    """How often each true emotion (row) got each answer (column), in percent of the row."""
    counts = np.array(figures.confusion, float)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 69 else "black"  # a contrast of 4.5 on every blue
        axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=colour)
    axes.set_xticks(
        range(len(figures.per_class)),
        figures.per_class,
        rotation=45,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(len(figures.per_class)), figures.per_class)
    axes.tick_params(length=0)
    axes.set(xlabel="answer, % of the label’s faces", ylabel="label")
    axes.spines[:].set_visible(False)


def reliability(axes: Any, figures: Shown) -> None:
    """How often answers of each confidence are right; the diagonal is perfect calibration."""
    rows = figures.reliability
    largest = max(row.n for row in rows)
    axes.plot([0, 100], [0, 100], "--", color="#767676", label="perfectly calibrated")
    axes.scatter(
        [100 * row.confidence for row in rows],
        [100 * row.accuracy for row in rows],
        [20 + 260 * row.n / largest for row in rows],  # area, points²
        color=BLUE,
        alpha=0.75,
        clip_on=False,  # bins that are never or always right lie on the frame
        label="answers (area: how many)",
    )
    axes.set(xlim=(0, 102), ylim=(0, 102), xlabel="confidence, %", ylabel="right answers, %")
    axes.legend(loc="upper left", frameon=False, markerscale=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def per_emotion(axes: Any, figures: Shown) -> None:
    """Recall and precision of each emotion."""
    places = np.arange(len(figures.per_class))
    for shift, key, colour in ((-0.2, "recall", BLUE), (0.2, "precision", ORANGE)):
        values = [100 * getattr(row, key) for row in figures.per_class.values()]
        bars = axes.barh(places + shift, values, 0.4, color=colour, label=f"{key}, %")
        axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=9, color=INK)
    supports = [row.support for row in figures.per_class.values()]
    names = [
        f"{emotion}\n{n:,} faces" for emotion, n in zip(figures.per_class, supports, strict=True)
    ]
    axes.set_yticks(places, names, fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set(xlim=(0, 108), xticks=[])  # every bar has its figure beside it
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, 0), ncols=2, frameon=False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


DRAWINGS: dict[str, Callable[[Any, Shown], None]] = {
    "confusion": confusion,
    "reliability": reliability,
    "per_emotion": per_emotion,
}
