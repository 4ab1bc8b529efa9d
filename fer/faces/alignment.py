"""Face alignment: turn, scale and crop a face so that its five landmarks land on fixed places.

Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point
patterns", IEEE TPAMI 13(4), 1991. In two dimensions complex numbers give the same minimum without
a singular value decomposition: a turn with scaling is the multiplication by one complex number.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

# Where ArcFace and InsightFace put the landmarks, as fractions of the crop's side: left eye, right
# eye, nose, left and right corner of the mouth, as seen in the photo.
ARCFACE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]],
    dtype=np.float32,
) / 112  # fmt: skip


def similarity(source: ArrayLike, target: ArrayLike) -> NDArray[np.float64] | None:
    """The 2×3 matrix that takes points N×2 `source` nearest to `target` by turn, scale and shift.

    None where no such matrix exists: points that are not finite or all in one place.
    """
    if not np.isfinite(source).all():
        return None
    z, w = (np.asarray(points, dtype=np.float64) @ (1, 1j) for points in (source, target))
    spread = z - z.mean()
    length = np.vdot(spread, spread).real
    if not np.isfinite(length) or length == 0:
        return None
    a = np.vdot(spread, w - w.mean()) / length
    if abs(a) == 0:
        return None
    shift = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, shift.real], [a.imag, a.real, shift.imag]])


def crop_matrix(
    landmarks: ArrayLike | None, frame: ArrayLike, size: int, photo_size: tuple[int, int]
) -> NDArray[np.float64]:
    """The 2×3 matrix that takes pixels of a photo to pixels of a face's crop of side `size`.

    It puts the landmarks (5×2, pixels of the photo) as near to `frame` (5×2, fractions of the
    crop's side) as a similarity can. No landmarks, or ones that define no face (not finite, or all
    in one place), mean the whole photo, of width and height `photo_size`.
    """
    matrix = None
    if landmarks is not None:
        matrix = similarity(landmarks, np.asarray(frame) * size)
    if matrix is None:
        width, height = photo_size
        matrix = np.array([[size / width, 0, 0], [0, size / height, 0]])
    return matrix


def cut_crop(
    image: Image.Image,
    matrix: NDArray[np.float64],
    size: int,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> Image.Image:
    """The crop, RGB size×size, that `matrix` describes; what lies outside the photo is black."""
    turn, shift = matrix[:, :2], matrix[:, 2]
    back = np.linalg.inv(turn)

    corners = (np.array([[0, 0], [size, 0], [0, size], [size, size]]) - shift) @ back.T
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)) - 2, 0).astype(int)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)) + 2, image.size).astype(int)
    if x0 >= x1 or y0 >= y1:
        return Image.new("RGB", (size, size))

    # Shrink to the final scale with an averaging filter first: the warp alone would pick single
    # pixels out of a large face.
    scale = np.minimum(1, np.linalg.norm(turn, axis=0))  # crop pixels a photo pixel, in x and y
    shrunk = np.ceil((x1 - x0, y1 - y0) * scale).astype(int)
    region = image.resize(tuple(shrunk), Image.Resampling.BILINEAR, box=(x0, y0, x1, y1))
    per_axis = shrunk / (x1 - x0, y1 - y0)
    matrix = per_axis[:, None] * np.column_stack([back, -back @ shift - (x0, y0)])
    return region.transform((size, size), Image.Transform.AFFINE, tuple(matrix.ravel()), resampling)
