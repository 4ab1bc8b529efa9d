"""Photos and drawings without a face, in which a detector may see one all the same."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.detection_scenes import (
    ANIMALS,
    EXAMPLES,
    Scene,
    backgrounds,
    open_photo,
    photographed,
)

Random = np.random.Generator

EACH = 24  # pictures of every drawn kind


def without_faces() -> Iterator[Scene]:
    """Scenes without a face, kind by kind."""
    random = np.random.default_rng(2)
    for kind, draw in DRAWN.items():
        for _ in range(EACH):
            yield photographed(Scene(kind, draw(random)))
    for photo in (*_faceless_parts(), *backgrounds()):
        for turns in range(4):
            for scale in (0.5, 1, 2, 5):
                turned = photo.rotate(90 * turns, expand=True)
                yield photographed(Scene("part of a photo", _scaled(turned, scale)))
    for name in ("lion.jpg", "cheetah1.jpg", "cheetah.jpg"):
        yield from _sizes("animal", name)
    yield from _sizes("wooden figure with a face", "groot.jpeg")


def _sizes(kind: str, name: str) -> Iterator[Scene]:
    photo = open_photo(ANIMALS / name)
    for scale in (0.5, 0.75, 1, 1.5, 2, 3, 5):
        yield photographed(Scene(kind, _scaled(photo, scale)))


def _scaled(photo: Image.Image, scale: float) -> Image.Image:
    return photo.resize((round(photo.width * scale), round(photo.height * scale)))


def _faceless_parts() -> Iterator[Image.Image]:
    """Suit, jacket, flag and helmet of the portraits, whose heads are left out."""
    astronaut, hopper = open_photo(EXAMPLES / "astronaut.jpg"), open_photo(EXAMPLES / "hopper.jpg")
    for box in ((0, 220, 512, 512), (0, 0, 130, 300), (320, 0, 512, 300)):
        yield astronaut.crop(box)
    for box in ((0, 400, 512, 600), (0, 0, 125, 380), (410, 0, 512, 380)):
        yield hopper.crop(box)


def _colour(random: Random, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    r, g, b = random.integers(low, high, 3).tolist()
    return r, g, b


def _canvas(random: Random) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A soft texture to draw on."""
    low = Image.fromarray(random.integers(60, 200, (6, 8, 3), dtype=np.uint8))
    image = low.resize((960, 720), Image.Resampling.BICUBIC)
    return image, ImageDraw.Draw(image)


def _texture(random: Random) -> Image.Image:
    """Noise of several sizes, as in foliage, cloth and clouds."""
    pixels = np.zeros((720, 960, 3))
    for octave in range(2, 9):
        size = (2**octave, round(0.75 * 2**octave), 3)
        noise = Image.fromarray(random.integers(0, 256, size, dtype=np.uint8))
        grown = np.asarray(noise.resize((960, 720), Image.Resampling.BICUBIC), dtype=float)
        pixels += (grown - 128) * float(random.uniform(0, 0.5))
    return Image.fromarray(np.clip(pixels + 128, 0, 255).astype(np.uint8))


def _clock(random: Random) -> Image.Image:
    image, draw = _canvas(random)
    x, y = random.uniform(250, 700), random.uniform(250, 450)
    r = random.uniform(40, 240)
    draw.ellipse((x - r, y - r, x + r, y + r), _colour(random, 190), (30, 30, 30), round(r / 15))
    for hour in range(12):
        dx, dy = math.sin(hour * math.pi / 6), -math.cos(hour * math.pi / 6)
        place = (x + 0.78 * r * dx, y + 0.78 * r * dy)
        draw.text(place, str(hour or 12), (20, 20, 20), anchor="mm", font_size=r / 6)
    for length in (0.45, 0.7):
        angle = float(random.uniform(0, 2 * math.pi))
        end = (x + length * r * math.sin(angle), y - length * r * math.cos(angle))
        draw.line([(x, y), end], (20, 20, 20), max(2, round(r / 20)))
    return image.filter(ImageFilter.GaussianBlur(1))


def _circles(random: Random) -> Image.Image:
    image, draw = _canvas(random)
    for _ in range(40):
        x, y, r = random.uniform(0, 960), random.uniform(0, 720), random.uniform(5, 110)
        draw.ellipse((x - r, y - r, x + r, y + r), _colour(random), _colour(random), round(r / 8))
    return image.filter(ImageFilter.GaussianBlur(1))


def _lens(random: Random) -> Image.Image:
    """Dark glasses lying on skin colour, with the reflection of a window."""
    image = Image.new("RGB", (960, 720), (205, 160, 130))
    draw = ImageDraw.Draw(image)
    w, h = random.uniform(60, 260), random.uniform(50, 180)
    for x in (480 - 1.15 * w, 480 + 1.15 * w):
        draw.ellipse((x - w, 360 - h, x + w, 360 + h), _colour(random, 10, 60))
        pane = (x - 0.6 * w, 360 - 0.6 * h, x - 0.1 * w, 360)
        draw.rectangle(pane, _colour(random, 120), _colour(random, 0, 80), round(w / 20))
        draw.line((x - 0.35 * w, pane[1], x - 0.35 * w, pane[3]), (20, 20, 20), round(w / 20))
    draw.line((480 - 0.2 * w, 360, 480 + 0.2 * w, 360), (30, 30, 30), round(h / 5))
    return image.filter(ImageFilter.GaussianBlur(float(random.uniform(1, 8))))


def _windows(random: Random) -> Image.Image:
    """A house front."""
    image, draw = _canvas(random)
    step = random.uniform(60, 160)
    wall, glass = _colour(random, 120), _colour(random, 0, 100)
    for y in np.arange(20, 720, 1.3 * step):
        for x in np.arange(20, 960, step):
            draw.rectangle((x, y, x + 0.55 * step, y + 0.8 * step), glass, wall, 3)
            draw.line((x, y + 0.4 * step, x + 0.55 * step, y + 0.4 * step), wall, 3)
    return image.filter(ImageFilter.GaussianBlur(1))


def _text(random: Random) -> Image.Image:
    image = Image.new("RGB", (960, 720), _colour(random, 200))
    draw = ImageDraw.Draw(image)
    size = random.uniform(12, 60)
    for y in np.arange(10, 720, 1.4 * size):
        line = "".join(chr(97 + i) if i < 26 else " " for i in random.integers(0, 32, 90))
        draw.text((10, y), line, _colour(random, 0, 90), font_size=size)
    return image


def _animal(random: Random) -> Image.Image:
    """A drawn animal's head: ears, round eyes far apart, a muzzle below, fur."""
    image, draw = _canvas(random)
    x, y, r = 480.0, 380.0, random.uniform(60, 230)
    fur = _colour(random, 40, 200)
    for side in (-1, 1):
        ear = (x + side * 0.75 * r, y - 0.85 * r)
        draw.ellipse(
            (ear[0] - 0.35 * r, ear[1] - 0.5 * r, ear[0] + 0.35 * r, ear[1] + 0.5 * r), fur
        )
    draw.ellipse((x - r, y - r, x + r, y + 0.9 * r), fur)
    muzzle = tuple(min(255, c + 50) for c in fur)
    draw.ellipse((x - 0.45 * r, y + 0.1 * r, x + 0.45 * r, y + 1.1 * r), muzzle)
    draw.ellipse((x - 0.2 * r, y + 0.15 * r, x + 0.2 * r, y + 0.45 * r), (20, 18, 18))
    draw.line((x, y + 0.45 * r, x, y + 0.7 * r), (20, 18, 18), max(2, round(r / 25)))
    for side in (-1, 1):
        ex, e = x + side * 0.45 * r, 0.12 * r
        draw.ellipse((ex - e, y - 0.25 * r - e, ex + e, y - 0.25 * r + e), (30, 20, 10))
    return _furry(image, random)


def _furry(image: Image.Image, random: Random) -> Image.Image:
    noise = random.normal(0, 25, (720, 960, 1))
    pixels = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1.5))


DRAWN: dict[str, Callable[[Random], Image.Image]] = {
    "texture": _texture,
    "clock": _clock,
    "circles": _circles,
    "dark glasses": _lens,
    "house front": _windows,
    "text": _text,
    "drawn animal": _animal,
}
