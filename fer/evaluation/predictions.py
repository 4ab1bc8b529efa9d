"""Answers for every face of a split, with a progress bar, and a cache of them."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file, save_file
from tqdm import tqdm

import fer
from fer.cache import cache_folder
from fer.data import LabelledFaces
from fer.engines.choice import quickest
from fer.models.classifier import CROPS_AT_ONCE, Classifier, engine_for
from fer.models.config import CONFIG
from fer.models.model_folder import NetworkFolder

Predict = Callable[[list[Image.Image]], NDArray[np.float32]]


def predict_split(predict: Predict, faces: LabelledFaces) -> NDArray[np.float32]:
    """Apply `predict`, from face crops to N×7, to every face of a split, used whole."""
    rows = []
    for start in tqdm(
        range(0, len(faces), CROPS_AT_ONCE), "predicting", leave=False, dynamic_ncols=True
    ):
        crops = [faces.image(row) for row in range(start, min(start + CROPS_AT_ONCE, len(faces)))]
        rows.append(predict(crops))
    return np.concatenate(rows)


def cached_probabilities(folder: NetworkFolder, faces: LabelledFaces) -> NDArray[np.float32]:
    """A network's probabilities of a split, N×7, computed once.

    Weights, configuration, faces and the library's own code make the cache's key, so an answer is
    never older than what gives it.
    """
    digest = hashlib.sha256(faces.digest.encode())
    code = sorted(Path(fer.__file__).parent.rglob("*.py"))
    for path in (folder.path / CONFIG, folder.weights_path, *code):
        digest.update(path.read_bytes())
    path = cache_folder() / f"{digest.hexdigest()}.safetensors"
    if not path.exists():
        engine, _ = engine_for([folder], quickest())
        probabilities = predict_split(Classifier.load(folder, engine).predict, faces)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        save_file({"probabilities": probabilities}, partial)
        partial.replace(path)
    return load_file(path)["probabilities"]
