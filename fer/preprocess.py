"""Face crops to the tensor a network expects: the same steps in training and in prediction."""

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def resize(size: int) -> v2.Transform:
    """PIL image of any size and mode to a uint8 tensor 3×`size`×`size`."""
    return v2.Compose([v2.RGB(), v2.ToImage(), v2.Resize((size, size), antialias=True)])


def normalise(mean: tuple[float, ...], std: tuple[float, ...]) -> v2.Transform:
    """uint8 tensor to float32 with the given mean and standard deviation per channel."""
    return v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])


def to_batch(
    crops: list[Image.Image],
    size: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    grey: bool = False,
) -> Tensor:
    """Face crops to a float32 batch N×3×`size`×`size`.

    `grey` takes the colour out, for networks that have only ever seen grey faces.
    """
    prepare = v2.Compose([resize(size), normalise(mean, std)])
    if grey:
        crops = [crop.convert("L") for crop in crops]
    return torch.stack([prepare(crop) for crop in crops])
