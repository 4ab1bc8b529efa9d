"""How the crops of a data set look, so that faces of photos can be cut out the same way."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.faces import ARCFACE, FaceDetector
from fer.models.classifier import engine_for

SAMPLE = 120  # faces looked at
ENOUGH = 30  # faces found, below which the usual frame is taken instead
SIDE = 192  # crops are enlarged to this, with a border, so that the detector sees whole faces
BORDER = 48


def measure_frame(faces: LabelledFaces) -> NDArray[np.floating]:
    """Where the five landmarks lie in the crops of a data set: 5×2, fractions of the crop's side.

    The median over a spread of faces. Data in which the detector finds too few faces gets the
    frame of ArcFace, which most aligned data sets have.
    """
    engine, _ = engine_for([])
    detector = FaceDetector.load(engine)
    rows = _sample(faces)
    found: list[np.ndarray] = []
    for row in tqdm(rows, "landmarks", dynamic_ncols=True):
        crop = faces.image(row).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        detected = detector(ImageOps.expand(crop, BORDER, "grey"))
        if detected:
            found.append((detected[0].landmarks - BORDER) / SIDE)
    if len(found) < ENOUGH:
        print(f"Only {len(found)} of {len(rows)} crops show a face: taking the frame of ArcFace.")
        return ARCFACE
    return np.median(found, axis=0)


def is_grey(faces: LabelledFaces) -> bool:
    """Whether a data set has no colour: the networks trained on it must see no other faces."""
    crops = (np.asarray(faces.image(row).convert("RGB")) for row in _sample(faces))
    return all(np.ptp(crop, axis=2).max() == 0 for crop in crops)


def _sample(faces: LabelledFaces) -> NDArray[np.int64]:
    """Rows spread over the data set."""
    return np.linspace(0, len(faces) - 1, min(SAMPLE, len(faces))).astype(int)
