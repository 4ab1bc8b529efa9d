"""Probabilities of every face of a split, with a progress bar."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.model import Model

BATCH = 32


class Predicts(Protocol):
    """A model or a recogniser: face crops to probabilities N×7."""

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]: ...


def predict_split(predictor: Predicts, faces: LabelledFaces) -> NDArray[np.float32]:
    """Probabilities N×7 of the faces of a split, which are used whole, as ready crops."""
    rows = []
    for start in tqdm(range(0, len(faces), BATCH), "predicting", dynamic_ncols=True):
        crops = [faces.image(row) for row in range(start, min(start + BATCH, len(faces)))]
        rows.append(predictor.predict(crops))
    return np.concatenate(rows)


def member_probabilities(models: list[Model], faces: LabelledFaces) -> NDArray[np.float32]:
    """Each model's probabilities of a split, M×N×7."""
    return np.stack([predict_split(model, faces) for model in models])
