"""The pictures of the detection benchmark, composed anew from a fixed seed on every run.

Faces are those of the bundled example photos (or crops handed in), pasted into photos that
installed packages bring along and into drawn ones. What is known of every face: its box, and of
the example photos' faces the five landmarks.
"""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import gradio
import numpy as np
import sklearn.datasets
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

EXAMPLES = Path(__file__).parents[1] / "fer" / "ui" / "examples"
PHOTOS = Path(sklearn.datasets.__file__).parent / "images"
ANIMALS = Path(gradio.__file__).parent / "media_assets" / "images"

Box = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True, eq=False)
class TrueFace:
    """A face as it lies in a scene: its box, and 5×2 landmarks where they are known."""

    box: Box
    landmarks: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class Portrait:
    """A photo of one face, from which it is cut out: `head` is the part that is pasted."""

    photo: Image.Image
    face: TrueFace
    head: tuple[int, int, int, int]

    def mirrored(self) -> "Portrait":
        width = self.photo.width
        x0, y0, x1, y1 = self.face.box
        landmarks = self.face.landmarks
        if landmarks is not None:
            landmarks = (landmarks * (-1, 1) + (width, 0))[[1, 0, 2, 4, 3]]
        face = TrueFace((width - x1, y0, width - x0, y1), landmarks)
        head = (width - self.head[2], self.head[1], width - self.head[0], self.head[3])
        return Portrait(ImageOps.mirror(self.photo), face, head)


@dataclass(frozen=True, eq=False)
class Scene:
    """A photo of one kind, with the faces that are in it."""

    kind: str
    photo: Image.Image
    faces: list[TrueFace] = field(default_factory=list)


def example_portraits() -> list[Portrait]:
    """The bundled photos; box (hairline to chin) and landmarks were read off by eye."""
    astronaut = TrueFace(
        (182, 70, 268, 178),
        np.array([[203.7, 101.3], [246.7, 103.3], [225.8, 129], [204, 140], [243.8, 141]]),
    )
    hopper = TrueFace(
        (184, 130, 350, 330),
        np.array([[223.8, 189.5], [305, 187], [267.5, 237.5], [230, 281], [308, 276]]),
    )
    found = [
        Portrait(open_photo(EXAMPLES / "astronaut.jpg"), astronaut, (140, 10, 310, 215)),
        Portrait(open_photo(EXAMPLES / "hopper.jpg"), hopper, (130, 60, 405, 385)),
    ]
    return [*found, *(portrait.mirrored() for portrait in found)]


def crop_portrait(crop: Image.Image) -> Portrait:
    """A crop that its face fills, as in FER+, where the eyes lie 0.38 of the side apart."""
    side = crop.width
    box = (0.13 * side, 0.12 * side, 0.89 * side, 1.0 * side)
    return Portrait(crop.convert("RGB"), TrueFace(box, None), (0, 0, side, side))


def paste(
    scene: Scene, portrait: Portrait, width: float, centre: tuple[float, float], degrees: float = 0
) -> None:
    """Paste the portrait's head, its face `width` pixels wide and turned anticlockwise."""
    x0, y0, x1, y1 = portrait.face.box
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    scale = width / (x1 - x0)
    left, top, right, bottom = portrait.head
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    head = portrait.photo.resize(size, Image.Resampling.LANCZOS, box=portrait.head)
    mask = _soft_mask(size).rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    head = head.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = scale * np.array([[c, -s], [s, c]])
    offset = (np.array([(left + right) / 2, (top + bottom) / 2]) - middle) @ turn
    corner = np.round(np.add(centre, offset) - np.divide(head.size, 2)).astype(int)
    scene.photo.paste(head, tuple(corner.tolist()), mask)
    centre = corner + np.divide(head.size, 2) - offset  # after rounding to whole pixels

    a, b = scale * (x1 - x0) / 2, scale * (y1 - y0) / 2  # the face is taken for an ellipse
    half = np.array([math.hypot(a * c, b * s), math.hypot(a * s, b * c)])
    corners = np.concatenate([centre - half, centre + half])
    limits = np.array([*scene.photo.size, *scene.photo.size])
    landmarks = portrait.face.landmarks
    if landmarks is not None:
        landmarks = (landmarks - middle) @ turn + centre
    scene.faces.append(TrueFace(tuple(np.clip(corners, 0, limits).tolist()), landmarks))


def with_faces(portraits: Sequence[Portrait]) -> Iterator[Scene]:
    """Scenes with faces, kind by kind."""
    random = np.random.default_rng(1)
    pick = _endless(portraits, random)
    for width in (12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512):
        yield from _grids(f"{width} px", pick, (1280, 720), width, 24, random)
    for width in (20, 24, 32, 64):
        yield from _grids(f"{width} px of 12 MP", pick, (4000, 3000), width, 48, random)
    for side in (64, 100, 200, 600, 1500, 3000):
        for grown in (1.0, 1.15, 1.4, 1.8):
            for _ in range(2):
                yield _filling("filling the photo", next(pick), side, grown)
    for side in (48, 64, 100):
        for grown in (1.15, 1.4, 1.8, 2.4):
            for _ in range(2):
                yield _filling("photo of 48 to 100 px", next(pick), side, grown)
    for degrees in (-45, -30, -15, 15, 30, 45):
        for width in (40, 80, 160, 320):
            scene = background("turned by 15 to 45°", (1280, 720), random)
            paste(scene, next(pick), width, (640, 360), degrees)
            yield photographed(scene)
    for outside in (0.2, 0.35):
        for width in (64, 160, 320):
            for side in range(4):
                for _ in range(2):
                    yield cut("cut by the border", next(pick), width, side, outside, random)
    for _ in range(6):
        yield _crowd(pick, random)
    for blur in (0.03, 0.06, 0.1):
        for width in (32, 64, 128, 256):
            for _ in range(2):
                scene = background("blurred", (1280, 720), random)
                paste(scene, next(pick), width, (640, 360), float(random.uniform(-15, 15)))
                photo = scene.photo.filter(ImageFilter.GaussianBlur(blur * width))
                yield photographed(replace(scene, photo=photo))
    for light in (0.3, 0.15, 0.07):
        for width in (32, 64, 128, 256):
            for _ in range(2):
                scene = background("in low light", (1280, 720), random)
                paste(scene, next(pick), width, (640, 360), float(random.uniform(-15, 15)))
                dark = np.asarray(scene.photo) * light + random.normal(0, 4, (720, 1280, 3))
                photo = Image.fromarray(np.clip(dark, 0, 255).astype(np.uint8))
                yield photographed(replace(scene, photo=photo))
    for portrait in (own for own in portraits if own.face.landmarks is not None):
        for factor in (0.5, 1, 2, 4, 8):
            for glasses in (False, True):
                yield _enlarged(portrait, factor, glasses)


def open_photo(path: Path) -> Image.Image:
    with Image.open(path) as photo:
        return photo.convert("RGB")


def _endless(portraits: Sequence[Portrait], random: np.random.Generator) -> Iterator[Portrait]:
    while True:
        yield from (portraits[i] for i in random.permutation(len(portraits)))


def _soft_mask(size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", (128, 128))
    ImageDraw.Draw(mask).rounded_rectangle((6, 6, 121, 121), 50, 255)
    return mask.filter(ImageFilter.GaussianBlur(3)).resize(size)


def photographed(scene: Scene) -> Scene:
    """The scene as a camera would keep it."""
    file = io.BytesIO()
    scene.photo.save(file, "JPEG", quality=92)
    return replace(scene, photo=Image.open(file).convert("RGB"))


def background(kind: str, size: tuple[int, int], random: np.random.Generator) -> Scene:
    """A photo without a face, for faces to be pasted into."""
    source = backgrounds()[random.integers(len(backgrounds()))]
    photo = ImageOps.fit(source, size, centering=tuple(random.uniform(0, 1, 2)))
    return Scene(kind, ImageOps.mirror(photo) if random.integers(2) else photo)


@cache
def backgrounds() -> tuple[Image.Image, ...]:
    """Photos without a face."""
    names = [PHOTOS / "china.jpg", PHOTOS / "flower.jpg", ANIMALS / "tower.jpg"]
    return tuple(open_photo(path) for path in names)


def _grids(
    kind: str,
    pick: Iterator[Portrait],
    size: tuple[int, int],
    width: int,
    count: int,
    random: np.random.Generator,
) -> Iterator[Scene]:
    """Scenes with up to 12 faces each, far from one another."""
    columns = min(4, max(1, size[0] // (3 * width)))
    rows = min(3, max(1, size[1] // (3 * width)))
    while count > 0:
        scene = background(kind, size, random)
        for cell in range(min(count, columns * rows)):
            free = np.array([size[0] / columns, size[1] / rows])
            place = np.array([cell % columns, cell // columns]) + 0.5
            shift = random.uniform(-1, 1, 2) * np.maximum(0, free / 2 - width)
            x, y = (place * free + shift).tolist()
            paste(scene, next(pick), width, (x, y), float(random.uniform(-10, 10)))
        count -= columns * rows
        yield photographed(scene)


def _filling(kind: str, portrait: Portrait, side: int, grown: float) -> Scene:
    """The photo cut down to the face's box, grown by a factor, its longer side `side` pixels."""
    x0, y0, x1, y1 = portrait.face.box
    centre = np.array([x0 + x1, y0 + y1]) / 2
    half = np.array([x1 - x0, y1 - y0]) / 2 * grown
    box = np.clip([*(centre - half), *(centre + half)], 0, [*portrait.photo.size] * 2)
    scale = side / max(box[2:] - box[:2])
    size = tuple(np.maximum(1, np.round((box[2:] - box[:2]) * scale)).astype(int).tolist())
    photo = portrait.photo.resize(size, Image.Resampling.BICUBIC, box=tuple(box.tolist()))
    inside = np.clip((np.array(portrait.face.box) - np.tile(box[:2], 2)) * scale, 0, [*size] * 2)
    landmarks = portrait.face.landmarks
    if landmarks is not None:
        landmarks = (landmarks - box[:2]) * scale
    return photographed(Scene(kind, photo, [TrueFace(tuple(inside.tolist()), landmarks)]))


def cut(
    kind: str,
    portrait: Portrait,
    width: float,
    side: int,
    outside: float,
    random: np.random.Generator,
) -> Scene:
    """A face of which a share lies outside the left, right, upper or lower border."""
    scene = background(kind, (1280, 720), random)
    x0, y0, x1, y1 = portrait.face.box
    height = width * (y1 - y0) / (x1 - x0)
    inwards = (0.5 - outside) * (width if side < 2 else height)
    centre = [(inwards, 360), (1280 - inwards, 360), (640, inwards), (640, 720 - inwards)][side]
    paste(scene, portrait, width, centre)
    return photographed(scene)


def _crowd(pick: Iterator[Portrait], random: np.random.Generator) -> Scene:
    """Rows of faces side by side, the nearer the larger, so that hair covers hair."""
    scene = background("crowd", (1600, 1000), random)
    y, width = 60.0, 22.0
    while y < 960:
        x = random.uniform(0.6, 1.4) * width
        while x < 1600 - 0.8 * width:
            centre = (float(x), y + float(random.uniform(-0.1, 0.1)) * width)
            paste(scene, next(pick), width, centre, float(random.uniform(-20, 20)))
            x += random.uniform(1.9, 2.6) * width
        y += 2.3 * width
        width *= 1.3
    return photographed(scene)


def _enlarged(portrait: Portrait, factor: float, glasses: bool) -> Scene:
    """The whole portrait in another size: coarse structures that are no further face."""
    size = round(portrait.photo.width * factor), round(portrait.photo.height * factor)
    photo = portrait.photo.resize(size, Image.Resampling.BICUBIC)
    assert portrait.face.landmarks is not None
    landmarks = portrait.face.landmarks * factor
    kind = "whole portrait"
    if glasses:
        kind = "with sunglasses"
        radius = 0.23 * float(np.linalg.norm(landmarks[1] - landmarks[0])) * 1.5
        draw = ImageDraw.Draw(photo)
        for x, y in landmarks[:2]:
            draw.ellipse((x - radius, y - 0.8 * radius, x + radius, y + radius), (25, 22, 20))
            light = radius / 4
            draw.ellipse((x - 2 * light, y - 2 * light, x - light, y - light), (190, 200, 210))
        draw.line([tuple(point) for point in landmarks[:2].tolist()], (25, 22, 20), round(light))
        photo = photo.filter(ImageFilter.GaussianBlur(0.5 * factor))
    x0, y0, x1, y1 = portrait.face.box
    box = (x0 * factor, y0 * factor, x1 * factor, y1 * factor)
    return photographed(Scene(kind, photo, [TrueFace(box, landmarks)]))
