"""What the network looked at: Grad-CAM (Selvaraju et al., ICCV 2017), drawn back onto the photo."""

import numpy as np
import torch
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import Tensor, nn

from fer.networks.registry import last_feature_map

OPACITY = 0.6  # of the colour where the heat is highest


def gradcam(network: nn.Module, batch: Tensor, emotion: int) -> NDArray[np.float32]:
    """Heat S×S in [0, 1] over a crop (1×3×S×S): the parts that speak for class index `emotion`."""
    # Weights are frozen, so the gradient has to enter through the input.
    with torch.enable_grad():
        cam = GradCAM(network, [last_feature_map(network)])
        try:
            return cam(batch.requires_grad_(), [ClassifierOutputTarget(emotion)])[0]
        finally:
            cam.activations_and_grads.release()


def heat_layer(
    to_crop: NDArray[np.float64],
    heat: NDArray[np.float32],
    region: tuple[int, int, int, int],
    size: tuple[int, int],
) -> Image.Image:
    """The heat S×S of a crop as RGBA, to lay over the `region` of the photo shown in `size`.

    `to_crop` is the 2×3 matrix from pixels of the photo to pixels of the crop. The colder, the more
    transparent.
    """
    x0, y0, x1, y1 = region
    # A pixel of the layer is looked up in the crop, as PIL's AFFINE expects.
    matrix = np.array(to_crop)
    matrix[:, 2] += matrix[:, :2] @ (x0, y0)
    matrix[:, :2] *= np.divide((x1 - x0, y1 - y0), size)
    placed = Image.fromarray(heat).transform(
        size, Image.Transform.AFFINE, tuple(matrix.ravel()), Image.Resampling.BILINEAR
    )
    values = np.asarray(placed)
    colours = (colormaps["inferno"](values) * 255).astype(np.uint8)
    colours[..., 3] = values * 255
    return Image.fromarray(colours)


def lay_over(
    photo: Image.Image, layer: Image.Image, region: tuple[int, int, int, int]
) -> Image.Image:
    """The photo with a layer of heat blended over a region of it."""
    result = photo.copy()
    mask = layer.getchannel("A").point(lambda alpha: alpha * OPACITY)
    result.paste(layer.convert("RGB"), region[:2], mask)
    return result


def covered(photo_size: tuple[int, int], to_crop: NDArray, size: int) -> tuple[int, int, int, int]:
    """The part of the photo, x0, y0, x1, y1, that a square crop of side `size` covers."""
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - to_crop[:, 2]
    corners = corners @ np.linalg.inv(to_crop[:, :2]).T
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, photo_size).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)), (x0, y0), photo_size).astype(int)
    return int(x0), int(y0), int(x1), int(y1)
