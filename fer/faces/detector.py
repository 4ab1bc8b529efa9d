"""The face detector that the rest of the project calls: a photo in, its faces out."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

from fer.faces.mtcnn import MTCNN

MTCNN_WEIGHTS = Path(__file__).parent / "weights" / "mtcnn.safetensors"

# Larger photos are shrunk to this many pixels before faces are looked for.
WORKING_PIXELS = 2_000_000


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face, in pixels of the photo.

    `box` is x0, y0, x1, y1, clipped to the photo; `landmarks` is float32 5×2: left eye, right eye,
    nose, left and right corner of the mouth, left and right as seen in the photo; `score` is the
    detector's probability that this is a face.
    """

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    score: float


class FaceDetector:
    """Finds the faces in an RGB photo, largest first; an empty list where there are none.

    The smallest face found is `MIN_FACE` (20) pixels wide in photos up to `WORKING_PIXELS`
    (2 million). Larger photos are shrunk to that many pixels, so that a photo of n megapixels needs
    faces of about 20·√(n/2) pixels: 49 at 12 megapixels, 69 at 24. Fewer `pixels` are faster. It
    runs on the CPU.
    """

    def __init__(self):
        self.network = MTCNN().eval()
        self.network.load_state_dict(load_file(MTCNN_WEIGHTS))

    def __call__(self, image: Image.Image, pixels: int = WORKING_PIXELS) -> list[DetectedFace]:
        shrink = min(1.0, math.sqrt(pixels / (image.width * image.height)))
        size = max(1, round(image.width * shrink)), max(1, round(image.height * shrink))
        if size != image.size:
            small = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2)
        else:
            small = image
        boxes, landmarks, scores = (found.numpy() for found in self.network(small))

        back = np.divide(image.size, size, dtype=np.float32)
        boxes = np.clip(boxes.reshape(-1, 2, 2) * back, 0, image.size)
        areas = (boxes[:, 1] - boxes[:, 0]).prod(axis=1)
        return [
            DetectedFace(
                box=tuple(boxes[i].ravel().tolist()),
                landmarks=landmarks[i] * back,
                score=float(scores[i]),
            )
            for i in np.argsort(-areas, kind="stable")
        ]
