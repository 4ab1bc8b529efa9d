"""Face crops to the batch a network expects: the same steps in training and in prediction."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def resize(crop: Image.Image, size: int) -> Image.Image:
    """A crop of any size and mode as RGB, `size`×`size`."""
    return crop.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)


def to_batch(
    crops: list[Image.Image],
    size: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    grey: bool = False,
) -> NDArray[np.float32]:
    """Face crops to a float32 batch N×3×`size`×`size`.

    `grey` takes the colour out, for networks that have only ever seen grey faces.
    """
    if grey:
        crops = [crop.convert("L") for crop in crops]
    pixels = np.stack([np.asarray(resize(crop, size), dtype=np.float32) for crop in crops])
    batch = (pixels / 255 - np.array(mean, np.float32)) / np.array(std, np.float32)
    return np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
