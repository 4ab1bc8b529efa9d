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

LEAST = 16  # pixels to which a side of the photo is shrunk


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

    # Shrink to the final scale with an averaging filter first: the warp alone would pick single
    # pixels out of a large face. The shrunk pixels hang on the crop's middle and not on whole
    # pixels of the photo, or they would jump when a landmark moves a little; where nothing is
    # shrunk they are the photo's own.
    # A photo keeps some pixels, or its black surroundings would be much larger than itself.
    least = np.minimum(LEAST / np.array(image.size), 1)
    scale = np.clip(np.linalg.norm(turn, axis=0), least, 1)
    middle = back @ (size / 2 - shift)
    middle = np.where(scale < 1, middle, np.round(middle))
    corners = (np.array([[0, 0], [size, 0], [0, size], [size, size]]) - shift) @ back.T
    # How many of them are needed on either side of the middle, and not far beyond the photo, where
    # all is black: two, in which its border fades.
    before = np.minimum(middle - corners.min(axis=0), middle) * scale + 2
    after = np.minimum(corners.max(axis=0) - middle, image.size - middle) * scale + 2
    before, after = np.ceil(before), np.ceil(after)
    if not (before + after > 0).all():
        return Image.new("RGB", (size, size))

    start, end = middle - before / scale, middle + after / scale
    region = _resized(image, start, end, (before + after).astype(int))
    matrix = scale[:, None] * np.column_stack([back, -back @ shift - start])
    return region.transform((size, size), Image.Transform.AFFINE, tuple(matrix.ravel()), resampling)


def _resized(
    image: Image.Image,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    size: NDArray[np.int_],
) -> Image.Image:
    """The part from `start` to `end`, pixels of the photo, which is black outside."""
    if (start < 0).any() or (end > image.size).any():
        seen = np.ceil((end - start) / size) + 1  # beyond its ends, by the filter
        low = np.minimum(np.maximum(np.floor(start) - seen, 0), np.floor(start)).astype(int)
        high = np.maximum(np.minimum(np.ceil(end) + seen, image.size), np.ceil(end)).astype(int)
        image = image.crop((*low, *high))
        start, end = start - low, end - low
    return image.resize(tuple(size), Image.Resampling.BILINEAR, box=(*start, *end))
