"""The one way from a photo to emotions, for app, command line, batch and evaluation.

photo → faces → crops → probabilities → scales
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer import heatmap
from fer.engines import EngineName, Precision
from fer.engines.openvino_engine import OpenVinoEngine
from fer.errors import FerError, HubUnreachable, check_no_other_fer
from fer.face import Box, Face, Region
from fer.faces import DetectedFace, FaceDetector
from fer.forks import PerProcess
from fer.images import ImageSource, open_image
from fer.labels import SEVEN, LabelSet
from fer.models.bundled import BUNDLED, FAST, bundled_model
from fer.models.classifier import Classifier, engine_for
from fer.models.ensemble import Combination, load_stacker, soft_vote
from fer.models.model_folder import EnsembleFolder, NetworkFolder, open_model

log = logging.getLogger("fer")

Found = tuple[Box, NDArray[np.float32] | None, float]  # box, landmarks and score of a face


@dataclass(frozen=True, eq=False)
class Cut:
    """One face cut out of its photo, which is needed no more, for every model of a recogniser."""

    found: Found
    crops: tuple[Image.Image, ...]


# Photos and the faces detected in each, to the faces with what they show.
Read = Callable[[list[Image.Image], list[list[DetectedFace]]], list[list[Face]]]


class Recognizer:
    """One model, or several as an ensemble, ready for photos; `fer.load` makes one.

    Safe to call from several threads, and in processes that were forked or that were sent it: they
    load the networks from the folder for themselves.
    """

    def __init__(
        self,
        folder: NetworkFolder | EnsembleFolder,
        engine: EngineName | None = None,
        precision: Precision = "fp32",
    ):
        self.folder = folder  # with the card and the figures
        with folder.naming_the_commit():
            self.engine, why_torch = engine_for(folder.networks, engine, precision)
            # Networks are loaded, and answer, side by side.
            self._threads = PerProcess(partial(ThreadPoolExecutor, len(folder.networks)))
            load = partial(Classifier.load, engine=self.engine)
            loading = self._threads().map(load, folder.networks)
            self.detector = FaceDetector.load(self.engine.on_cpu())
            self.models = list(loading)
            # The soft vote of one model is its own answer.
            self.combine: Combination = soft_vote
            if isinstance(folder, EnsembleFolder):
                self.combine = load_stacker(folder)
        if why_torch:
            log.warning(why_torch)

    def __reduce__(self) -> tuple[Any, ...]:
        return Recognizer, (self.folder, self.engine.name, self.engine.precision)

    @property
    def name(self) -> str:
        """What the model is called: its folder's name, or its repository on the Hub."""
        return self.folder.name

    @property
    def revision(self) -> str | None:
        """The commit on the Hub, in full; None for a local folder."""
        return self.folder.commit

    @property
    def labels(self) -> LabelSet:
        """What it answers with."""
        return self.folder.config.label_set

    def require_seven(self, what: str) -> None:
        """Raise `FerError` where the model has labels of its own, which `what` cannot show."""
        if self.labels != SEVEN:
            raise FerError(
                f"{self.name} answers with labels of its own ({', '.join(self.labels.names)}), and "
                f"{what} shows the seven emotions alone: ask it by `fer` or from Python."
            )

    def check_columns(self, columns: Iterable[str]) -> None:
        """Raise `FerError` where a label has the name of another of a table's columns."""
        names = Counter(columns)
        twice = next((label for label in self.labels.names if names[label] > 1), None)
        if twice is not None:
            raise FerError(
                f"{self.name} has a label {twice!r}, which is another column of a table: ask it by "
                "`fer PHOTO`, or train it with another name for that."
            )

    def __call__(self, image: ImageSource, *, aligned: bool = False) -> list[Face]:
        """Every face of a photo, largest first; an empty list where none is found.

        `image` is anything `fer.images.open_image` takes. `aligned` says that the image is a face
        crop already (as in RAF-DB or FER+): it is used whole, without detection.

        Raises `ImageError` for a photo that cannot be read.
        """
        photo = open_image(image)
        if not aligned:
            return self.read([photo], [self.detector(photo)])[0]
        return self.read_cuts([self.cut(photo)])

    def read(
        self, photos: list[Image.Image], detected: list[list[DetectedFace]]
    ) -> list[list[Face]]:
        """The faces that the detector found in each photo, read in common batches."""
        each = zip(photos, detected, strict=True)
        faces = iter(self.read_cuts([self.cut(photo, one) for photo, own in each for one in own]))
        return [[next(faces) for _ in own] for own in detected]

    def cut(self, photo: Image.Image, face: DetectedFace | None = None) -> Cut:
        """A face of an RGB photo, cut out; without one the photo is a face crop and used whole."""
        if face is None:
            whole = (0.0, 0.0, float(photo.width), float(photo.height))
            return Cut((whole, None, 1.0), (photo,) * len(self.models))
        crops = tuple(model.crop(photo, face.landmarks) for model in self.models)
        return Cut((face.box, face.landmarks, face.score), crops)

    def read_cuts(self, cuts: Sequence[Cut]) -> list[Face]:
        """What faces of any photos show, read in common batches."""
        crops = [[cut.crops[i] for cut in cuts] for i in range(len(self.models))]
        answers = list(self._threads().map(Classifier.answer, self.models, crops))
        members = np.stack([answer.probabilities for answer in answers])
        probabilities = self.combine(members)
        return [
            Face(
                *cut.found,
                cut.crops,
                probabilities[i],
                members[:, i],
                tuple(answer.maps[i] for answer in answers),
                self.labels,
            )
            for i, cut in enumerate(cuts)
        ]

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Probabilities N×K of N face crops (PIL images of any size), used whole."""
        return self.combine(np.stack([model.predict(crops) for model in self.models]))

    def hasty(self) -> "Recognizer":
        """The model for film and camera: `fast` for the bundled ensemble, else this one; in bf16
        where this CPU is faster with it."""
        able = self.engine.name == "openvino" and OpenVinoEngine("bf16").precision == "bf16"
        if self.folder.path == BUNDLED:
            folder = open_model(bundled_model(FAST))
        elif able:
            folder = self.folder
        else:
            return self
        return Recognizer(folder, self.engine.name, "bf16" if able else self.engine.precision)

    def explain(
        self, photo: ImageSource, face: Face, emotion: str | None = None, member: int = 0
    ) -> Image.Image:
        """The photo with the Grad-CAM heatmap of an emotion (the top one) drawn over the face.

        `photo` is anything `fer.images.open_image` takes, `member` says which model of an ensemble
        is asked.
        """
        photo = open_image(photo)
        to_crop, heat = self._heat(photo.size, face, emotion, member)
        region = heatmap.covered(photo.size, to_crop, heat.shape[0])
        size = (region[2] - region[0], region[3] - region[1])
        if not all(size):
            return photo
        return heatmap.lay_over(photo, heatmap.heat_layer(to_crop, heat, region, size), region)

    def heat_layer(
        self,
        photo_size: tuple[int, int],
        face: Face,
        region: Region,
        size: tuple[int, int],
        emotion: str | None = None,
        member: int = 0,
    ) -> Image.Image:
        """The heatmap alone, to lay over the `region` (x0, y0, x1, y1) of a photo shown in `size`.

        Colour and transparency say how much a place speaks for the emotion.
        """
        to_crop, heat = self._heat(photo_size, face, emotion, member)
        return heatmap.heat_layer(to_crop, heat, region, size)

    def _heat(
        self, photo_size: tuple[int, int], face: Face, emotion: str | None, member: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The matrix from the photo to a member's crop, and the heat over that crop."""
        emotion = emotion or face.emotion
        names = self.labels.names
        if emotion not in names:
            what = "an emotion" if self.labels == SEVEN else "a label of this model"
            raise FerError(f"{emotion!r} is not {what}: choose one of {', '.join(names)}.")
        if not 0 <= member < len(self.models):
            raise FerError(
                f"There is no model {member}: choose one from 0 to {len(self.models) - 1}."
            )

        model = self.models[member]
        class_map = face.maps[member][names.index(emotion)]
        return model.matrix(face.landmarks, photo_size), heatmap.heat(
            class_map, model.config.input_size
        )


def load(
    model: str | Path | None = None,
    revision: str | None = None,
    *,
    engine: EngineName | None = None,
    precision: Precision = "fp32",
) -> Recognizer:
    """Load a model or an ensemble: a folder, a bundled one's name, or a repository's id on the Hub.

    Without arguments it is the bundled "ensemble"; "fast" is the best single network for the time
    it takes. A folder that exists comes before a repository of
    the same name; a `Path` is always a folder. `"me/ddamfn@v1"` is short for
    `load("me/ddamfn", revision="v1")`. What comes from the Hub is kept in its cache, where it is
    found without a connection too.

    OpenVINO answers where it can, else torch; `engine` names "openvino", "torch" or "cuda" (torch
    on a GPU). `precision="bf16"` answers faster on CPUs with instructions for it; on all others,
    and without it, answers are computed in fp32 and the same everywhere.

    Raises `ModelError` when the model cannot be used, `HubUnreachable` when it cannot be had now,
    `EngineError` when nothing can run it.
    """
    check_no_other_fer()
    folder = open_model(bundled_model() if model is None else model, revision)
    return Recognizer(folder, engine, precision)


def load_or_bundled(
    model: str, engine: EngineName | None = None, precision: Precision = "fp32"
) -> tuple[Recognizer, str | None]:
    """A model, or the bundled one while the Hub cannot be reached and the cache lacks it.

    Also returns a sentence for the user when it is the bundled one instead.
    """
    try:
        return load(model, engine=engine, precision=precision), None
    except HubUnreachable as error:
        bundled = load(engine=engine, precision=precision)
        return bundled, f"The bundled model answers in place of {model}. {error}"
