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
    crops: list[Image.Image], size: int, mean: tuple[float, ...], std: tuple[float, ...]
) -> Tensor:
    """Face crops to a float32 batch N×3×`size`×`size`."""
    prepare = v2.Compose([resize(size), normalise(mean, std)])
    return torch.stack([prepare(crop) for crop in crops])
