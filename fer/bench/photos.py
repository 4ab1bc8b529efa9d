"""Photos to measure with: the packaged portraits before a made-up background, always the same."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parent.parent / "ui" / "examples"
PORTRAITS = ("astronaut.jpg", "hopper.jpg")

SMALL = "1280×720"
SIZES = {SMALL: (1280, 720), "1 MP": (1152, 864), "12 MP": (4000, 3000), "24 MP": (6000, 4000)}
GRIDS = {1: (1, 1), 10: (5, 2)}  # columns and rows of so many portraits

FILLED = 0.9  # of its cell, by a portrait
OCTAVES = {4: 40, 16: 20, 64: 10, 256: 5}  # random points across the background: their contrast

Tile = tuple[int, int, int, int]  # x0, y0, x1, y1, pixels


@dataclass(frozen=True)
class Photo:
    """A photo and where its portraits are: one face in each tile and none beside them."""

    picture: Image.Image
    tiles: tuple[Tile, ...]

    @property
    def faces(self) -> int:
        """How many faces there are."""
        return len(self.tiles)

    def jpeg(self) -> bytes:
        """The photo as a camera would write it."""
        file = io.BytesIO()
        self.picture.save(file, "jpeg", quality=90)
        return file.getvalue()


def compose(size: tuple[int, int], faces: int) -> Photo:
    """A photo of 1 or 10 faces, `size` is its width and height."""
    picture = _background(size)
    portraits = [Image.open(EXAMPLES / name).convert("RGB") for name in PORTRAITS]
    columns, rows = GRIDS[faces]
    width, height = size[0] / columns, size[1] / rows
    tiles = []
    for i in range(faces):
        portrait = portraits[i % len(portraits)]
        scale = FILLED * min(width / portrait.width, height / portrait.height)
        shown = portrait.resize((round(scale * portrait.width), round(scale * portrait.height)))
        x = round((i % columns + 0.5) * width - shown.width / 2)
        y = round((i // columns + 0.5) * height - shown.height / 2)
        picture.paste(shown, (x, y))
        tiles.append((x, y, x + shown.width, y + shown.height))
    return Photo(picture, tuple(tiles))


def _background(size: tuple[int, int]) -> Image.Image:
    """Patterns, the finer the fainter, as in photos (1/f): plain grey would be too easy."""
    generator = np.random.default_rng(0)
    total = np.full((size[1], size[0], 3), 128, np.float32)
    for points, contrast in OCTAVES.items():
        noise = generator.normal(0, contrast, (points, points, 3)).clip(-127, 127)
        layer = Image.fromarray((noise + 128).astype(np.uint8)).resize(size)
        total += np.asarray(layer, np.float32) - 128
    return Image.fromarray(total.clip(0, 255).astype(np.uint8))
