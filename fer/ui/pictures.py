"""Pictures of the page, as data that travels inside the answer: no file is written for them."""

import base64
import io
from collections.abc import Sequence

from PIL import Image

from fer import Face
from fer.face import Region

# Enough for any screen; a 50-megapixel photo would take seconds to encode and send.
PREVIEW_SIDE = 1280
CLOSE_UP_SIDE = 400
THUMBNAIL_SIDE = 96


def data_url(data: bytes, mime_type: str) -> str:
    """Data as an address that asks no server."""
    return f"data:{mime_type};base64,{base64.b64encode(data).decode()}"


def jpeg(picture: Image.Image) -> str:
    """A photo as data."""
    return _encoded(picture, "jpeg", quality=90)


def png(picture: Image.Image) -> str:
    """A picture with transparency as data."""
    return _encoded(picture, "png")


def preview(photo: Image.Image, side: int = PREVIEW_SIDE) -> str:
    """The photo as data, no larger than `side` either way."""
    picture = photo.copy()
    picture.thumbnail((side, side))
    return jpeg(picture)


def region_around(face: Face, photo_size: Sequence[int]) -> Region:
    """The square around a face, with some of what surrounds it, inside the photo."""
    x0, y0, x1, y1 = (float(side) for side in face.box)
    side = min(1.5 * max(x1 - x0, y1 - y0), *photo_size)
    left, top = (
        round(min(max(0, (low + high - side) / 2), length - side))
        for low, high, length in ((x0, x1, photo_size[0]), (y0, y1, photo_size[1]))
    )
    return left, top, left + max(1, int(side)), top + max(1, int(side))


def close_up(photo: Image.Image, region: Region, side: int = CLOSE_UP_SIDE) -> Image.Image:
    """A square region of the photo, enlarged or reduced to `side`."""
    return photo.resize((side, side), Image.Resampling.BICUBIC, box=region, reducing_gap=2)


def _encoded(picture: Image.Image, kind: str, **settings: int) -> str:
    file = io.BytesIO()
    picture.save(file, kind, **settings)
    return data_url(file.getvalue(), f"image/{kind}")
