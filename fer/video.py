"""Expressions over time: a clip's faces, followed from picture to picture.

timeline = fer.video.watch("clip.mp4", fer.load())
print(timeline.to_csv())
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import cv2
import pandas as pd
from PIL import Image

from fer.errors import VideoError
from fer.faces.tracking import Tracker
from fer.images import readable
from fer.labels import EMOTIONS
from fer.recognizer import SURE, Face, Read, Recognizer

MAX_SECONDS = 60
MAX_DECODED = 120 * (MAX_SECONDS + 1)  # pictures: few are looked at, but all have to be decoded
MAX_PIXELS = 4096 * 3072  # of one picture of the clip: cameras call up to this 4K
PICTURES_A_SECOND = 5
SHOWN_SIDE = 1280  # larger pictures are shrunk: their faces are large enough even so
DETECTION_SIDE = 640  # pixels; finds faces a thirtieth of the picture wide
PICTURES_AT_ONCE = 8  # read together
MAX_FACES = 10  # in one picture

# How files of the formats that phones and browsers write begin. Anything else could make the
# decoder follow addresses in a playlist.
SIGNATURES = {4: (b"ftyp",), 0: (b"\x1a\x45\xdf\xa3", b"RIFF")}


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

    def add(self, seconds: float, faces: list[Face]) -> None:
        """Add the picture at `seconds`."""
        numbers = self._tracker(seconds, [face.box for face in faces])
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
        columns = ["seconds", "face", "emotion", "sure", "valence", *EMOTIONS]
        return pd.DataFrame(self.rows, columns=columns)

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
    length, pictures = _open(Path(path))
    while True:
        some: list[tuple[float, Image.Image]] = []
        decoded = _kept(islice(pictures, PICTURES_AT_ONCE), some)
        found = recognizer.detector.each(decoded, DETECTION_SIDE)
        if not found:
            return
        detected = [faces[:MAX_FACES] for faces in found]
        faces_of_each = (read or recognizer.read)([photo for _, photo in some], detected)
        for (seconds, _), faces in zip(some, faces_of_each, strict=True):
            timeline.add(seconds, faces)
        yield min(1.0, some[-1][0] / length) if length else 0.0


def _kept(
    pictures: Iterator[tuple[float, Image.Image]], kept: list[tuple[float, Image.Image]]
) -> Iterator[Image.Image]:
    """The pictures as they are decoded; afterwards `kept` has them with their times."""
    for one in pictures:
        kept.append(one)
        yield one[1]


def _open(path: Path) -> tuple[float, Iterator[tuple[float, Image.Image]]]:
    """The length in seconds, 0 where the file does not say it, and pictures with their times."""
    clip = f"The clip “{readable(path.name)}”"
    try:
        if not path.is_file():  # reading a pipe or a device might never end
            raise FileNotFoundError
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise VideoError(f"{clip} cannot be read: check its name and your permissions.") from error
    try:
        start = file.read(16)
        if not any(start[at:].startswith(known) for at, known in SIGNATURES.items()):
            raise VideoError(
                f"{clip} is not a video that can be read: choose MP4, MOV, WebM or AVI."
            )
        file.seek(0)
        capture = _capture(file, clip)
        grabbed = capture.grab()  # now it knows when the clip begins
        length = _length(capture)
        if length > MAX_SECONDS + 1:
            raise _too_long(clip)
    except VideoError:
        file.close()
        raise
    return length, _pictures(file, capture, grabbed, clip)


def _capture(file: BinaryIO, clip: str) -> cv2.VideoCapture:
    """The decoder. It reads from a file that is open: of a name it would think much else."""
    capture = cv2.VideoCapture(file, cv2.CAP_FFMPEG, [])  # type: ignore[call-overload]
    if not capture.isOpened():
        raise VideoError(f"{clip} is damaged or in a format that cannot be read: export it as MP4.")
    if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MAX_PIXELS:
        raise VideoError(f"{clip} has pictures larger than 4K: make it smaller first.")
    return capture


def _length(capture: cv2.VideoCapture) -> float:
    """Seconds, at the first picture; some formats count from 0 even if they begin later."""
    rate = capture.get(cv2.CAP_PROP_FPS)
    if rate <= 0:
        return 0.0
    length = max(0.0, capture.get(cv2.CAP_PROP_FRAME_COUNT) / rate)
    begin = capture.get(cv2.CAP_PROP_PTS) / rate
    return length - begin if 0 < begin < length else length


def _pictures(
    file: BinaryIO, capture: cv2.VideoCapture, grabbed: bool, clip: str
) -> Iterator[tuple[float, Image.Image]]:
    due, decoded, nothing = 0.0, 0, True
    begin = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    try:
        while grabbed:
            decoded += 1
            if decoded > MAX_DECODED:
                raise VideoError(
                    f"{clip} has more than {MAX_DECODED:,} pictures: cut out a shorter part, or "
                    "export it with 30 pictures a second."
                )
            seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 - begin
            if seconds > MAX_SECONDS + 1:  # a file that did not say its length
                raise _too_long(clip)
            if seconds >= due:
                good, pixels = capture.retrieve()
                if good:
                    nothing = False
                    due = seconds + 1 / PICTURES_A_SECOND - 0.005
                    photo = Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
                    photo.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
                    yield seconds, photo
            grabbed = capture.grab()
    finally:
        capture.release()
        file.close()
    if nothing:
        raise VideoError(
            f"{clip} has no pictures that can be read: export it again as MP4 with H.264."
        )


def _too_long(clip: str) -> VideoError:
    return VideoError(f"{clip} is longer than {MAX_SECONDS} seconds: cut out a shorter part.")
