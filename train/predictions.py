"""Answers for every face of a split, with a progress bar."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.model import Model

BATCH = 32


Predict = Callable[[list[Image.Image]], NDArray[np.float32]]


def predict_split(predict: Predict, faces: LabelledFaces) -> NDArray[np.float32]:
    """Apply `predict`, from face crops to N×7, to every face of a split, used whole."""
    rows = []
    for start in tqdm(range(0, len(faces), BATCH), "predicting", leave=False, dynamic_ncols=True):
        crops = [faces.image(row) for row in range(start, min(start + BATCH, len(faces)))]
        rows.append(predict(crops))
    return np.concatenate(rows)


def member_probabilities(models: list[Model], faces: LabelledFaces) -> NDArray[np.float32]:
    """Each model's probabilities of a split, M×N×7."""
    return np.stack([predict_split(model.predict, faces) for model in models])
