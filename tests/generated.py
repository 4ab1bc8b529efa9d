"""Small data sets made on the fly, for tests of training and evaluation."""

from pathlib import Path

import numpy as np
from datasets import ClassLabel, Dataset, Features, Image, List, Value
from PIL import Image as PILImage

from fer.labels import EMOTIONS


def write_split(
    path: Path, rows: int, names: tuple[str, ...] = EMOTIONS, votes: bool = True
) -> None:
    """A parquet of grey 48×48 patterns, a brightness an emotion, labels in the order of `names`."""
    generator = np.random.default_rng(rows)
    emotions = [EMOTIONS[row % len(EMOTIONS)] for row in range(rows)]
    images = []
    for emotion in emotions:
        noise = generator.integers(0, 60, (48, 48))
        images.append(PILImage.fromarray((noise + 25 * EMOTIONS.index(emotion)).astype(np.uint8)))
    columns = {"image": images, "label": [names.index(emotion) for emotion in emotions]}
    features = {"image": Image(), "label": ClassLabel(names=list(names))}
    if votes:
        columns["votes"] = [
            [8 if n == emotion else int(n == "neutral") for n in names] for emotion in emotions
        ]
        features["votes"] = List(Value("uint8"), length=len(names))
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_dict(columns, Features(features)).to_parquet(path)
