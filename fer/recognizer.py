"""The one way from a photo to emotions, for app, command line, batch and evaluation.

photo → faces → crops → probabilities → scales
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer import ensemble
from fer.errors import FerError
from fer.faces import FaceDetector
from fer.folder import read_json
from fer.images import ImageSource, open_image
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5, Scale, to_levels, valence
from fer.model import Model


@dataclass(frozen=True)
class Face:
    """One face of a photo and what its expression looks like to the model."""

    box: tuple[float, float, float, float]  # x0, y0, x1, y1, pixels of the upright photo
    landmarks: NDArray[np.float32] | None  # 5×2, pixels of the photo; None for a ready crop
    score: float  # of the detector, in [0, 1]; 1 for a ready crop
    crops: tuple[Image.Image, ...]  # the aligned face as each model of the recogniser saw it
    probabilities: NDArray[np.float32]  # 7, in the order of EMOTIONS, summing to 1
    members: NDArray[np.float32]  # M×7, the same from each model of the recogniser alone

    @property
    def crop(self) -> Image.Image:
        """The aligned face as the (first) model saw it."""
        return self.crops[0]

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
    """One model, or several as an ensemble, ready for photos; `fer.load` makes one.

    Safe to call from several threads.
    """

    def __init__(self, name: str, models: list[Model], stacker: ensemble.Stacker | None = None):
        self.name = name
        self.models = models
        self.combine = stacker or ensemble.soft_vote  # the soft vote of one model is its own answer
        self.detector = FaceDetector()

    def __call__(self, image: ImageSource, *, aligned: bool = False) -> list[Face]:
        """Every face of a photo, largest first; an empty list where none is found.

        `image` is anything `fer.images.open_image` takes. `aligned` says that the image is a face
        crop already (as in RAF-DB or FER+): it is used whole, without detection.

        Raises `ImageError` for a photo that cannot be read.
        """
        photo = open_image(image)
        if aligned:
            whole = (0.0, 0.0, float(photo.width), float(photo.height))
            places: list[tuple[Any, Any, float]] = [(whole, None, 1.0)]
            crops = [[photo]] * len(self.models)
        else:
            places = [(face.box, face.landmarks, face.score) for face in self.detector(photo)]
            crops = [[model.crop(photo, place[1]) for place in places] for model in self.models]
        members = self._members(crops)
        probabilities = self.combine(members)
        return [
            Face(*place, tuple(own[i] for own in crops), probabilities[i], members[:, i])
            for i, place in enumerate(places)
        ]

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Emotion probabilities N×7 of N face crops (PIL images of any size), used whole."""
        return self.combine(self._members([crops] * len(self.models)))

    def _members(self, crops: list[list[Image.Image]]) -> NDArray[np.float32]:
        """Each model's own probabilities of its own N crops, M×N×7."""
        return np.stack([model.predict(own) for model, own in zip(self.models, crops, strict=True)])

    def to(self, device: str) -> "Recognizer":
        """Move the networks, such as to "cuda"; the face detector stays on the CPU."""
        for model in self.models:
            model.network.to(device)
        return self

    def explain(
        self, photo: Image.Image, face: Face, emotion: str | None = None, member: int = 0
    ) -> Image.Image:
        """The photo with the Grad-CAM heatmap of an emotion (the top one) drawn over the face.

        `member` says which model of an ensemble is asked.
        """
        from fer.explain import overlay  # imports half a second of plotting packages

        emotion = emotion or face.emotion
        if emotion not in EMOTIONS:
            raise FerError(f"{emotion!r} is not an emotion: choose one of {', '.join(EMOTIONS)}.")
        model = self.models[member]
        heat = model.heat(face.crops[member], emotion)
        return overlay(photo, model.matrix(face.landmarks, photo), heat)


def load(folder: str | Path) -> Recognizer:
    """Load the folder of a model or of an ensemble; raises `ModelError` when it cannot be used."""
    folder = Path(folder)
    name = folder.resolve().name
    if read_json(folder).get("kind") != ensemble.KIND:
        return Recognizer(name, [Model(folder)])
    config = ensemble.read_config(folder)
    models = [Model(folder / member) for member in config.members]
    return Recognizer(name, models, ensemble.load_stacker(folder, len(models)))
