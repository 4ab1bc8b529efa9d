"""One face of a photo and what its expression looks like."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer.labels import LEVELS_3, LEVELS_5, SEVEN, LabelSet, Scale, to_levels, valence

SURE = 0.5  # probabilities are calibrated, so that below it the top emotion is more likely wrong

Box = tuple[float, float, float, float]
Region = tuple[int, int, int, int]  # x0, y0, x1, y1, pixels of the photo


@dataclass(frozen=True, eq=False)
class Face:
    """One face of a photo and what its expression looks like; it is equal to itself alone."""

    box: Box  # x0, y0, x1, y1, pixels of the upright photo
    landmarks: NDArray[np.float32] | None  # 5×2, pixels of the photo; None for a ready crop
    score: float  # of the detector, in [0, 1]; 1 for a ready crop
    crops: tuple[Image.Image, ...]  # the aligned face as each model of the recogniser saw it
    probabilities: NDArray[np.float32]  # K, in the order of the labels, summing to 1
    members: NDArray[np.float32]  # M×K, the same from each model of the recogniser alone
    # Grad-CAM's sums from each model, K×h×w, from which its heatmaps are drawn.
    maps: tuple[NDArray[np.float32], ...] = field(repr=False)
    labels: LabelSet = field(default=SEVEN, repr=False)

    @property
    def crop(self) -> Image.Image:
        """The aligned face as the (first) model saw it."""
        return self.crops[0]

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return self.labels.names[int(self.probabilities.argmax())]

    @property
    def sure(self) -> bool:
        """Whether the top emotion has at least an even chance of being right."""
        return float(self.probabilities.max()) >= SURE

    @property
    def expressions(self) -> dict[str, float]:
        """Probability of each emotion."""
        return dict(zip(self.labels.names, map(float, self.probabilities), strict=True))

    @property
    def levels_5(self) -> dict[str, float]:
        """Probability of each level from very negative to very positive; empty where the model's
        labels have no scale."""
        return self._levels(LEVELS_5)

    @property
    def levels_3(self) -> dict[str, float]:
        """Probability of negative, neutral and positive; empty likewise."""
        return self._levels(LEVELS_3)

    @property
    def valence(self) -> float:
        """Expected valence, from -1 (very negative) to 1 (very positive); NaN without a scale."""
        return float(valence(self.probabilities, self.labels)) if self.labels.levels else math.nan

    def to_json(self) -> dict[str, Any]:
        """Plain data, as the command line prints it."""
        scales = {
            "levels_5": self.levels_5,
            "levels_3": self.levels_3,
            "valence": self.valence,
        }
        return {
            "box": [round(float(side), 1) for side in self.box],
            "landmarks": None
            if self.landmarks is None
            else self.landmarks.astype(float).round(1).tolist(),
            "score": round(self.score, 4),
            "emotion": self.emotion,
            "sure": self.sure,
            "probabilities": self.expressions,
            **(scales if self.labels.levels else {}),
        }

    def _levels(self, scale: Scale) -> dict[str, float]:
        if not self.labels.levels:
            return {}
        sums = to_levels(self.probabilities, scale, self.labels)
        return dict(zip(scale, map(float, sums), strict=True))
