"""Face crops in plenty, made of the packaged examples."""

from functools import cache

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from fer.export import EXAMPLES
from fer.images import open_image


@cache
def crops(count: int) -> list[Image.Image]:
    """So many squares around the examples' faces, no two alike, the same ones every time."""
    generator = np.random.default_rng(0)
    photos = [open_image(path) for path in sorted(EXAMPLES.glob("*.jpg"))]
    centres = [(223, 117, 110), (262, 226, 190)]  # x, y and side of the faces in them
    made = []
    for number in range(count):
        which = number % len(photos)
        x, y, side = centres[which]
        side *= generator.uniform(0.7, 1.5)
        x, y = np.add((x, y), generator.normal(0, side / 12, 2))
        box = tuple(int(v) for v in (x - side / 2, y - side / 2, x + side / 2, y + side / 2))
        crop = photos[which].crop(box).rotate(generator.uniform(-30, 30)).resize((112, 112))
        crop = ImageEnhance.Brightness(crop).enhance(generator.uniform(0.4, 1.6))
        made.append(crop.filter(ImageFilter.GaussianBlur(generator.uniform(0, 2))))
    return made
