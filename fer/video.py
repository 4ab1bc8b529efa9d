"""Expressions over time: a clip's faces, followed from picture to picture.

timeline = fer.video.watch("clip.mp4", fer.load())
print(timeline.to_csv())
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pandas as pd
from PIL import Image

from fer.face import SURE, Face
from fer.faces.cuts import glimpse
from fer.faces.tracking import Tracker
from fer.film import Picture, open_film
from fer.labels import EMOTIONS
from fer.recognizer import Read, Recognizer

COLUMNS = ("seconds", "face", "emotion", "sure", "valence")  # before the labels
MAX_SECONDS = 60
PICTURES_A_SECOND = 5
DETECTION_SIDE = 640  # pixels; finds faces a thirtieth of the picture wide
PICTURES_AT_ONCE = 8  # read together
MAX_FACES = 10  # in one picture


@dataclass(frozen=True)
class Peak:
    """The moment at which a face showed an expression most clearly."""

    seconds: float
    number: int
    emotion: str
    probability: float
    crop: Image.Image


@dataclass
class Timeline:
    """What every face of a clip showed, moment by moment."""

    rows: list[dict] = field(default_factory=list)
    _peaks: dict[tuple[int, str], Peak] = field(default_factory=dict)
    _tracker: Tracker = field(default_factory=Tracker)
    labels: tuple[str, ...] = EMOTIONS  # of the model, each of which is a column

    def add(self, seconds: float, faces: list[Face], seen: bytes | None = None) -> None:
        """Add the picture at `seconds`, of which `seen` is a glimpse."""
        numbers = self._tracker(seconds, [face.box for face in faces], seen)
        for number, face in zip(numbers, faces, strict=True):
            shares = face.expressions
            self.rows.append(
                {
                    "seconds": round(seconds, 2),
                    "face": number,
                    "emotion": face.emotion,
                    "sure": face.sure,
                    "valence": round(face.valence, 4),
                    **{emotion: round(p, 4) for emotion, p in shares.items()},
                }
            )
            p = shares[face.emotion]
            best = self._peaks.get((number, face.emotion))
            if p >= SURE and (best is None or p > best.probability):
                peak = Peak(seconds, number, face.emotion, p, face.crop)
                self._peaks[number, face.emotion] = peak

    def peaks(self, most: int | None = None) -> list[Peak]:
        """The clearest moment of each expression of each face, in the order of time.

        At `most` so many of them, the clearest.
        """
        clearest = sorted(self._peaks.values(), key=lambda peak: -peak.probability)[:most]
        return sorted(clearest, key=lambda peak: peak.seconds)

    def to_frame(self) -> pd.DataFrame:
        """A row for each face at each moment."""
        return pd.DataFrame(self.rows, columns=[*COLUMNS, *self.labels])

    def to_csv(self) -> str:
        """The same as text."""
        return self.to_frame().to_csv(index=False)


def watch(path: str | Path, recognizer: Recognizer) -> Timeline:
    """Every face of a clip of up to a minute, five times a second; raises `VideoError`."""
    timeline = Timeline()
    for _ in follow(path, recognizer, timeline):
        pass
    return timeline


def follow(
    path: str | Path, recognizer: Recognizer, timeline: Timeline, read: Read | None = None
) -> Iterator[float]:
    """Fill a timeline, yielding after every few pictures how much of the clip is done (0 to 1).

    `read` runs the networks in place of `recognizer.read`, such as on a GPU.
    """
    timeline.labels = recognizer.labels.names
    recognizer.check_columns([*COLUMNS, *timeline.labels])
    film = open_film(Path(path), 1 / PICTURES_A_SECOND, MAX_SECONDS)
    while True:
        some: list[Picture] = []
        decoded = _kept(islice(film.pictures, PICTURES_AT_ONCE), some)
        found = recognizer.detector.each(decoded, DETECTION_SIDE)
        if not found:
            return
        detected = [faces[:MAX_FACES] for faces in found]
        faces_of_each = (read or recognizer.read)([one.photo for one in some], detected)
        for one, faces in zip(some, faces_of_each, strict=True):
            timeline.add(one.seconds, faces, glimpse(one.photo))
        yield min(1.0, some[-1].seconds / film.seconds) if film.seconds else 0.0


def _kept(pictures: Iterator[Picture], kept: list[Picture]) -> Iterator[Image.Image]:
    """The pictures as they are decoded; afterwards `kept` has them with their times."""
    for one in pictures:
        kept.append(one)
        yield one.photo
