"""The seven emotions and the nested 5- and 3-level sentiment scales, defined once for the project.

Order is RAF-DB's (file labels 1…7, indices 0…6). The scales are nested: each emotion belongs to one
of five levels, each of those to one of three. Surprise can be pleasant or not; that it counts as
positive is a convention of this project.
"""

import numpy as np
from numpy.typing import NDArray

EMOTIONS = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")

LEVELS_5 = {
    "very negative": ("fear", "disgust", "anger"),
    "negative": ("sadness",),
    "neutral": ("neutral",),
    "positive": ("surprise",),
    "very positive": ("happiness",),
}

LEVELS_3 = {
    "negative": LEVELS_5["very negative"] + LEVELS_5["negative"],
    "neutral": LEVELS_5["neutral"],
    "positive": LEVELS_5["positive"] + LEVELS_5["very positive"],
}

# The colours that stand for them: of P. Tol's “muted” scheme, which stay apart in every kind of
# colour blindness.
COLOURS = dict(
    zip(
        EMOTIONS,
        ("#44aa99", "#aa4499", "#999933", "#ddaa33", "#3377bb", "#cc3311", "#888888"),
        strict=True,
    )
)

VALENCE_OF_LEVELS_5 = np.array([-1.0, -0.5, 0.0, 0.5, 1.0], dtype=np.float32)

Scale = dict[str, tuple[str, ...]]


def membership(scale: Scale) -> NDArray[np.float32]:
    """Emotions × levels, 1 where the emotion belongs to the level and 0 elsewhere."""
    rows = [[float(emotion in members) for members in scale.values()] for emotion in EMOTIONS]
    return np.array(rows, dtype=np.float32)


def to_levels(probabilities: NDArray[np.float32], scale: Scale) -> NDArray[np.float32]:
    """Sum emotion probabilities (…×7) into the levels of a scale (…×levels)."""
    return probabilities @ membership(scale)


def valence(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Expected valence in [-1, 1] of emotion probabilities (…×7), shape (…)."""
    return to_levels(probabilities, LEVELS_5) @ VALENCE_OF_LEVELS_5
