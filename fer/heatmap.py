"""What the network looked at: Grad-CAM (Selvaraju et al., ICCV 2017), drawn back onto the photo.

The networks answer with the sums of Grad-CAM's formula already (`explained`): the gradient of a
logit by the last map, meaned over the map, times the map, in closed form.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Matplotlib's “inferno”, from cold to hot, whose brightness rises evenly. Between these, colours
# are blended.
INFERNO = np.array(
    [
        *([0, 0, 4], [24, 12, 60], [66, 10, 104], [106, 23, 110], [147, 38, 103], [188, 55, 84]),
        *([221, 81, 58], [243, 118, 27], [252, 165, 10], [246, 215, 70], [252, 255, 164]),
    ]
)

OPACITY = 0.6  # of the colour where the heat is highest


def heat(class_map: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Heat `size`×`size` in [0, 1] over a crop, from Grad-CAM's sums h×w for one emotion."""
    coarse = Image.fromarray(spoken_for(class_map))
    return _stretch(np.asarray(coarse.resize((size, size), Image.Resampling.BILINEAR)))


def spoken_for(class_map: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each place spoke for an emotion, h×w in [0, 1], from Grad-CAM's sums h×w."""
    return _stretch(np.maximum(class_map, 0))


def _stretch(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values moved and scaled to reach from 0 to 1; where all are the same, they become 0."""
    values = values - values.min()
    return values / np.float32(1e-7 + values.max())


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
    steps = np.linspace(0, 1, len(INFERNO))
    colours = [np.interp(values, steps, channel) for channel in INFERNO.T]
    return Image.fromarray(np.dstack([*colours, values * 255]).astype(np.uint8))


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
