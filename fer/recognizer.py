"""The one way from a photo to emotions, for app, command line, batch and evaluation.

photo → faces → crops → probabilities → scales
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fer.errors import FerError
from fer.faces import FaceDetector, crop_matrix, cut_crop
from fer.folder import load_model
from fer.images import ImageSource, open_image
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5, Scale, to_levels, valence
from fer.preprocess import to_batch

BATCH = 32  # crops in one forward pass: more is no faster on a CPU


@dataclass(frozen=True)
class Face:
    """One face of a photo and what its expression looks like to the model."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1, pixels of the upright photo
    landmarks: NDArray[np.float32] | None  # 5×2, pixels of the photo; None for a ready crop
    score: float  # of the detector, in [0, 1]; 1 for a ready crop
    crop: Image.Image  # the aligned face that the network saw
    probabilities: NDArray[np.float32]  # 7, in the order of EMOTIONS, summing to 1
    to_crop: NDArray[np.float64]  # 2×3, takes pixels of the photo to pixels of the crop

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return EMOTIONS[int(self.probabilities.argmax())]

    @property
    def levels_5(self) -> dict[str, float]:
        """Probability of each level from very negative to very positive."""
        return self._levels(LEVELS_5)

    @property
    def levels_3(self) -> dict[str, float]:
        """Probability of negative, neutral and positive."""
        return self._levels(LEVELS_3)

    @property
    def valence(self) -> float:
        """Expected valence, from -1 (very negative) to 1 (very positive)."""
        return float(valence(self.probabilities))

    def to_json(self) -> dict[str, Any]:
        """Plain data, as the command line prints it."""
        return {
            "box": [round(float(side), 1) for side in self.box],
            "landmarks": None if self.landmarks is None else self.landmarks.round(1).tolist(),
            "score": round(self.score, 4),
            "emotion": self.emotion,
            "probabilities": dict(zip(EMOTIONS, map(float, self.probabilities), strict=True)),
            "levels_5": self.levels_5,
            "levels_3": self.levels_3,
            "valence": self.valence,
        }

    def _levels(self, scale: Scale) -> dict[str, float]:
        return dict(zip(scale, map(float, to_levels(self.probabilities, scale)), strict=True))


class Recognizer:
    """A model ready for photos; `fer.load` makes one. Safe to call from several threads."""

    def __init__(self, folder: str | Path):
        self.name = Path(folder).name
        self.network, self.config = load_model(folder)
        self.detector = FaceDetector()
        # Grad-CAM hooks into the network, so a prediction in another thread must wait for it.
        self._lock = threading.Lock()

    def __call__(self, image: ImageSource, *, aligned: bool = False) -> list[Face]:
        """Every face of a photo, largest first; an empty list where none is found.

        `image` is anything `fer.images.open_image` takes. `aligned` says that the image is a face
        crop already (as in RAF-DB or FER+): it is used whole, without detection.

        Raises `ImageError` for a photo that cannot be read.
        """
        photo = open_image(image)
        size, frame = self.config.input_size, self.config.frame
        if aligned:
            (row,) = self.predict([photo])
            box = (0.0, 0.0, float(photo.width), float(photo.height))
            return [Face(box, None, 1.0, photo, row, crop_matrix(None, frame, size, photo.size))]
        found = self.detector(photo)
        matrices = [crop_matrix(face.landmarks, frame, size, photo.size) for face in found]
        crops = [cut_crop(photo, matrix, size) for matrix in matrices]
        return [
            Face(face.box, face.landmarks, face.score, *answer)
            for face, *answer in zip(found, crops, self.predict(crops), matrices, strict=True)
        ]

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Emotion probabilities N×7 of N face crops (PIL images of any size)."""
        batches = (crops[start : start + BATCH] for start in range(0, len(crops), BATCH))
        rows = [self._probabilities(batch) for batch in batches]
        return np.concatenate(rows) if rows else np.empty((0, len(EMOTIONS)), np.float32)

    def prepare(self, crops: list[Image.Image]) -> Tensor:
        """Face crops to the network's input, on its device."""
        config = self.config
        batch = to_batch(crops, config.input_size, config.mean, config.std)
        device = next(self.network.parameters()).device
        return batch.to(device, memory_format=torch.channels_last)

    def to(self, device: str) -> "Recognizer":
        """Move the network, such as to "cuda"; the face detector stays on the CPU."""
        self.network.to(device)
        return self

    def explain(self, photo: Image.Image, face: Face, emotion: str | None = None) -> Image.Image:
        """The photo with the Grad-CAM heatmap of an emotion (the top one) drawn over the face."""
        from fer.explain import gradcam, overlay  # imports half a second of plotting packages

        emotion = emotion or face.emotion
        if emotion not in EMOTIONS:
            raise FerError(f"{emotion!r} is not an emotion: choose one of {', '.join(EMOTIONS)}.")
        with self._lock:
            heat = gradcam(self.network, self.prepare([face.crop]), EMOTIONS.index(emotion))
        return overlay(photo, face, heat)

    def _probabilities(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        with self._lock, torch.inference_mode():
            logits = self.network(self.prepare(crops)) / self.config.temperature
            return logits.float().softmax(dim=1).cpu().numpy()


def load(folder: str | Path) -> Recognizer:
    """Load a model folder; raises `ModelError` when it cannot be used."""
    return Recognizer(folder)
