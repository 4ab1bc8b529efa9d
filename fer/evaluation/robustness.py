"""Slices: what is left of a model's accuracy when photos are worse than those of the data set.

The kinds are those of D. Hendrycks and T. Dietterich ("Benchmarking Neural Network Robustness to
Common Corruptions and Perturbations", ICLR 2019) that matter most to faces, each in one strength
that goes with the size of the face, and a covered mouth, as under a mask.
"""

import io
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from fer.data import LabelledFaces
from fer.data.rafdb import GROUPS
from fer.evaluation.metrics import mean_class_accuracy, overall_accuracy, with_interval
from fer.models.records import SubsetFigures


def blurred(face: Image.Image) -> Image.Image:
    """Out of focus: a Gaussian of 1/40 of the side."""
    return face.filter(ImageFilter.GaussianBlur(face.width / 40))


def noisy(face: Image.Image) -> Image.Image:
    """As taken in the dark: Gaussian noise of 1/12 of full scale, the same for the same face."""
    pixels = np.asarray(face, np.float32)
    generator = np.random.default_rng(zlib.crc32(face.tobytes()))
    noise = generator.normal(0, 255 / 12, (*pixels.shape[:2], 1))
    return Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))


def dark(face: Image.Image) -> Image.Image:
    """Underexposed: a third of the light."""
    return ImageEnhance.Brightness(face).enhance(1 / 3)


def compressed(face: Image.Image) -> Image.Image:
    """A JPEG of quality 10."""
    file = io.BytesIO()
    face.save(file, "JPEG", quality=10)
    return Image.open(file).convert("RGB")


def small(face: Image.Image) -> Image.Image:
    """Far away: half the resolution."""
    half = face.resize((max(face.width // 2, 1), max(face.height // 2, 1)))
    return half.resize(face.size)


def masked(face: Image.Image) -> Image.Image:
    """Nose and mouth covered: the lower 45 % is grey."""
    covered = face.copy()
    edge = (0, round(0.55 * face.height), *face.size)
    ImageDraw.Draw(covered).rectangle(edge, fill=(128, 128, 128))
    return covered


# What is done to every face of a slice, by the name that a card calls it.
CORRUPTIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as they are": lambda face: face,
    "out of focus": blurred,
    "noisy": noisy,
    "a third of the light": dark,
    "JPEG of quality 10": compressed,
    "half the resolution": small,
    "nose and mouth covered": masked,
}


def subset_figures(
    name: str, probabilities: NDArray[np.float32], labels: NDArray[np.int64]
) -> SubsetFigures:
    """The accuracies on some faces (N×7 probabilities, N labels), with their intervals."""
    predicted = probabilities.argmax(axis=1)
    return SubsetFigures(
        name,
        len(labels),
        with_interval(overall_accuracy, predicted, labels),
        with_interval(mean_class_accuracy, predicted, labels),
    )


def group_figures(probabilities: NDArray[np.float32], faces: LabelledFaces) -> list[SubsetFigures]:
    """A row for each group of people that the data tells apart, such as "age: 4–19"."""
    rows = []
    for group, values in faces.groups.items():
        for value in dict.fromkeys([*GROUPS[group], *values]):
            own = values == value
            if own.any():
                name = f"{group}: {value}"
                rows.append(subset_figures(name, probabilities[own], faces.labels[own]))
    return rows
