"""The face detector that the rest of the project calls: a photo in, its faces out.

A glance at the shrunken photo says where faces may be; a closer look at each place, upright and at
the size at which the network is surest, decides and places the landmarks. A photo whose faces are
all small, or that seems to have none, is gone through once more in full size.
"""

import itertools
import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fer.cores import cores
from fer.engines import Engine, Graph, Network
from fer.faces.alignment import cut_crop, similarity
from fer.faces.candidates import Candidates, decode, each_once, join, new_ones

if TYPE_CHECKING:
    from torch import nn

GRAPH = Path(__file__).parent / "weights" / "yunet.onnx"  # of yunet.safetensors beside it
DIGEST = "yunet-1"  # to be counted up when the file changes

GLANCE = 1000  # longest side, in pixels, of the shrunken photo
# Faces up to 320 pixels are found well. Of a photo larger than that a thumbnail is looked at too,
# for a face that fills it; a photo smaller than the thumbnail is enlarged to it.
WIDEST = 320
THUMBNAIL = 192
HINT = 0.2  # score above which a place is worth a closer look

# The search in full size: in parts that overlap, so that memory stays small. What lies below 24
# pixels at the glance is easily missed there.
SMALL = 24
FULL = 4608  # longest side: more than that is shrunk
PART = 1024
OVERLAP = 64
SMALL_HINT = 0.4

# The closer look, CLOSE×CLOSE pixels: where the landmarks of an upright face are expected in it,
# and the middle of its box.
CLOSE = 192
FRAME = np.array([[66, 78], [126, 78], [96, 110], [73, 137], [119, 137]])
MIDDLE = np.array([96, 102])
FACE_SIDE = 136  # √(width · height) of that box
LOOKS = 4  # at most: another one where the last shows that the face was not upright
TURNED = math.radians(5)
SEEN_TURN = 0.8  # the network's landmarks are turned by this part of what the face is

AT_ONCE = 16  # windows that are looked at together
SIDE_BY_SIDE = min(4, cores())  # photos, or parts of a large one

FACE = 0.7  # score that a face must reach in the closer look
# The same for what is found in full size only: enlarged, much looks a little like a face.
SMALL_FACE = 0.85
NARROWEST = 12  # pixels of the photo, below which there is nothing to read in a face

# Sides are filled up to a multiple of this: a runtime prepares every new shape once, which takes
# longer than to answer.
MULTIPLE = 64


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face, in pixels of the photo.

    `box` is x0, y0, x1, y1, clipped to the photo; `landmarks` is float32 5×2: left eye, right eye,
    nose, left and right corner of the mouth, left and right as seen in the photo; `score` is the
    detector's confidence that this is a face, from 0 to 1.
    """

    box: tuple[float, float, float, float]
    landmarks: NDArray[np.float32]
    score: float


class FaceDetector:
    """Finds the faces in an RGB photo, largest first; an empty list where there are none.

    Faces from 20 pixels up to the whole photo are found, in photos of up to 4608 pixels a side;
    where some face is large, others are looked for down to about a fiftieth of the longest side.

    `network` answers as `fer.faces.yunet.YuNet` does.
    """

    def __init__(self, network: Network):
        self.network = network

    @classmethod
    def load(cls, engine: Engine) -> "FaceDetector":
        """The bundled network, run by an engine."""
        return cls(engine(Graph(lambda: nullcontext(GRAPH), DIGEST), _module))

    def __call__(self, image: Image.Image, side: int | None = None) -> list[DetectedFace]:
        """`side` bounds the longest side in which faces are looked for, for speed."""
        shrink = math.ceil(max(image.size) / (side or GLANCE))
        found = self._closer(image, self._glance(image, shrink), FACE)
        missed = len(found) == 0 or found.widths.min() < SMALL * shrink
        if side is None and shrink > 1 and missed:
            hints = new_ones(self._in_full_size(image), found)
            more = self._closer(image, hints, SMALL_FACE)
            found = each_once(join([found, more]))

        boxes = np.clip(found.boxes.reshape(-1, 2, 2), 0, image.size)
        sides = boxes[:, 1] - boxes[:, 0]
        return [
            DetectedFace(
                tuple(boxes[i].ravel().tolist()), found.landmarks[i], float(found.scores[i])
            )
            for i in np.argsort(-sides.prod(axis=1), kind="stable")
            if sides[i, 0] >= NARROWEST
        ]

    def each(
        self, images: Iterable[Image.Image], side: int | None = None
    ) -> list[list[DetectedFace]]:
        """The faces of several photos, looked for side by side, while the next ones are made."""
        with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
            return list(threads.map(partial(self, side=side), images))

    def _glance(self, image: Image.Image, shrink: int) -> Candidates:
        """Where faces may be, in pixels of the photo."""
        # Whole numbers of pixels are averaged ten times faster than any other resizing.
        small = image.reduce(shrink) if shrink > 1 else image
        longest = max(small.size)
        pictures = [small] if longest >= THUMBNAIL else []
        if not THUMBNAIL <= longest <= WIDEST:
            pictures.append(_resized(small, THUMBNAIL / longest))
        return each_once(join([self._hints(image, picture) for picture in pictures]))

    def _hints(self, image: Image.Image, picture: Image.Image) -> Candidates:
        """What is seen in the photo in another size, in pixels of the photo."""
        (found,) = decode(self.network(_batch([picture])), HINT)
        return found.scaled(np.divide(image.size, picture.size))

    def _in_full_size(self, image: Image.Image) -> Candidates:
        shrink = math.ceil(max(image.size) / FULL)
        full = image.reduce(shrink) if shrink > 1 else image
        parts = list(itertools.product(_parts(full.height), _parts(full.width)))
        found = []
        for start in range(0, len(parts), SIDE_BY_SIDE):
            some = parts[start : start + SIDE_BY_SIDE]
            pictures = [full.crop((x0, y0, x1, y1)) for (y0, y1), (x0, x1) in some]
            seen = decode(self.network(_batch(pictures)), SMALL_HINT)
            for own, ((y0, _), (x0, _)) in zip(seen, some, strict=True):
                found.append(own.scaled((shrink, shrink), (x0 * shrink, y0 * shrink)))
        return each_once(join(found))

    def _closer(self, image: Image.Image, hints: Candidates, threshold: float) -> Candidates:
        """The hints that a closer look confirms."""
        faces, left = [hints[:0]], [hints[i : i + 1] for i in range(len(hints))]
        for look in range(LOOKS):
            places = [place for place in map(_upright, left) if place is not None]
            windows = [cut_crop(image, place, CLOSE, Image.Resampling.BILINEAR) for place in places]
            left = []
            for to_window, seen in zip(places, self._look(windows, threshold), strict=True):
                if len(seen) == 0:
                    continue
                turn = _turn(seen.landmarks[0])
                face = _from_window(_turned(seen, turn / SEEN_TURN - turn), to_window)
                upright = abs(turn) < TURNED or look == LOOKS - 1
                (faces if upright else left).append(face)
        return each_once(join(faces))

    def _look(self, windows: list[Image.Image], threshold: float) -> list[Candidates]:
        """The face in the middle of each window, or none.

        It is the mean of what the window and its mirror image show, which evens out landmarks that
        the network puts too far to one side.
        """
        faces = []
        for start in range(0, len(windows), AT_ONCE):
            some = windows[start : start + AT_ONCE]
            seen = decode(self.network(_batch([*some, *map(ImageOps.mirror, some)])), HINT)
            for one, mirrored in zip(seen[: len(some)], seen[len(some) :], strict=True):
                views = [_in_the_middle(one), _in_the_middle(_mirror(mirrored))]
                both = each_once(join(views))[:1]
                score = np.mean([view.scores.max(initial=0) for view in views], keepdims=True)
                face = Candidates(score[: len(both)], both.boxes, both.landmarks)
                faces.append(face[face.scores > threshold])
        return faces


def _module() -> "nn.Module":
    """The network for torch."""
    from fer.faces.yunet import trained_yunet

    return trained_yunet()


def _in_the_middle(candidates: Candidates) -> Candidates:
    aside = np.abs(candidates.centres - MIDDLE).max(axis=1, initial=0)
    return candidates[aside < CLOSE / 5]


def _batch(pictures: list[Image.Image]) -> NDArray[np.float32]:
    """Pictures of one size as B×3×H×W, BGR, filled up to the right and below with black."""
    width, height = pictures[0].size
    filled = (math.ceil(side / MULTIPLE) * MULTIPLE for side in (height, width))
    batch = np.zeros((len(pictures), 3, *filled), dtype=np.float32)
    for own, picture in zip(batch, pictures, strict=True):
        for channel, band in zip(own[::-1], picture.split(), strict=True):
            channel[:height, :width] = band
    return batch


def _resized(picture: Image.Image, factor: float) -> Image.Image:
    width, height = (max(1, round(side * factor)) for side in picture.size)
    kind = Image.Resampling.BILINEAR if factor < 1 else Image.Resampling.BICUBIC
    return picture.resize((width, height), kind, reducing_gap=1.5)


def _parts(length: int) -> list[tuple[int, int]]:
    """Begin and end of equal parts that overlap."""
    count = max(1, math.ceil((length - OVERLAP) / (PART - OVERLAP)))
    part = math.ceil((length + (count - 1) * OVERLAP) / count)
    return [(int(at), int(at) + part) for at in np.linspace(0, length - part, count)]


def _upright(face: Candidates) -> NDArray[np.float64] | None:
    """The 2×3 matrix to the closer look's window; None where the landmarks define no face."""
    matrix = similarity(face.landmarks[0], FRAME)
    if matrix is None:
        return None
    turn = matrix[:, :2] / math.sqrt(np.linalg.det(matrix[:, :2]))
    # Size and place come from the box: a small face's landmarks are rough.
    turn *= FACE_SIDE / math.sqrt((face.boxes[0, 2:] - face.boxes[0, :2]).prod())
    return np.column_stack([turn, MIDDLE - turn @ face.centres[0]])


def _turn(landmarks: NDArray[np.float32]) -> float:
    """By how many radians, clockwise, a face in the window is not upright."""
    matrix = similarity(FRAME, landmarks)
    return 0.0 if matrix is None else math.atan2(matrix[1, 0], matrix[0, 0])


def _turned(face: Candidates, angle: float) -> Candidates:
    """The same with the landmarks turned around their middle."""
    cosine, sine = math.cos(angle), math.sin(angle)
    middle = face.landmarks.mean(axis=1, keepdims=True)
    landmarks = (face.landmarks - middle) @ [[cosine, sine], [-sine, cosine]] + middle
    return Candidates(face.scores, face.boxes, landmarks)


def _from_window(face: Candidates, to_window: NDArray[np.float64]) -> Candidates:
    """A face seen in the window, in pixels of the photo. The box surrounds the ellipse in it."""
    back = np.linalg.inv(to_window[:, :2])
    landmarks = (face.landmarks - to_window[:, 2]) @ back.T
    centres = (face.centres - to_window[:, 2]) @ back.T
    halves = np.sqrt(((face.boxes[:, 2:] - face.boxes[:, :2]) / 2) ** 2 @ (back**2).T)
    boxes = np.concatenate([centres - halves, centres + halves], axis=1)
    return Candidates(face.scores, boxes.astype(np.float32), landmarks.astype(np.float32))


def _mirror(candidates: Candidates) -> Candidates:
    """What is seen in a window's mirror image, where left and right have changed places."""
    flipped = candidates.scaled((-1, 1), (CLOSE, 0))
    boxes, landmarks = flipped.boxes[:, [2, 1, 0, 3]], flipped.landmarks[:, [1, 0, 2, 4, 3]]
    return Candidates(candidates.scores, boxes, landmarks)
