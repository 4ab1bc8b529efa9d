"""One door for photos: whatever the user has, `open_image` makes it an upright RGB `PIL.Image`.

Everything that can be wrong with a photo becomes an `ImageError` here, so that no caller needs to
know what Pillow raises.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from unicodedata import category

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from fer.errors import NO_MEMORY, ImageError
from fer.forks import PerProcess
from fer.mending import mended

MAX_PIXELS = 50_000_000
MAX_SIDE = 32_000  # pixels; what is longer and this thin is no photo, and slow to resize
STRIP = 1 << 22  # pixels that are converted together

# Only formats that photos come in: others that Pillow knows start programs (EPS) or are seldom
# tested against hostile files. HEIC comes besides.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")

ImageSource = str | Path | bytes | BinaryIO | Image.Image | NDArray[np.uint8]

# Changing warning filters is not thread-safe, and the app opens photos in several threads.
_FILTERS_LOCK = PerProcess(threading.Lock)


def open_image(source: ImageSource) -> Image.Image:
    """Open a photo as RGB, first frame only, with its EXIF orientation applied.

    `source` is a path, the bytes of an image file, a binary file object, a `PIL.Image`, or a uint8
    array, RGB H×W×3 or grey H×W. Transparency is laid on white, 16-bit grey is scaled to 8 bits,
    and integer or float TIFFs, which have no agreed range, are stretched from their minimum to
    their maximum. The answer is a new image without metadata.

    Raises `ImageError`, one sentence for the user, for anything that is not a photo of 1 to
    `MAX_PIXELS` pixels and at most `MAX_SIDE` a side; the size is checked before any pixel is
    decoded.
    """
    photo = _describe(source)
    if isinstance(source, np.ndarray):
        return _decode(_from_array(source, photo), photo)
    if isinstance(source, Image.Image):
        return _decode(source, photo)
    data = _read(source, photo)
    try:
        return _decode(_open_file(data, photo), photo)
    except _Faulty:
        better = mended(data)
        if better is None:
            raise
    return _decode(_open_file(better, photo), photo)


class _Faulty(ImageError):
    """A file that Pillow does not open or decode."""


def _decode(image: Image.Image, photo: str) -> Image.Image:
    """The whole picture as `open_image` returns it."""
    _check_size(image, photo)
    try:
        image.load()
        upright = _to_rgb(_stand_up(image))
    except MemoryError as error:
        raise _no_memory(photo) from error
    except Exception as error:  # Pillow's decoders raise nearly every type on damaged data
        raise _Faulty(
            f"{photo} is damaged or incomplete: export it again as JPEG or PNG, or choose another."
        ) from error
    upright.info.clear()  # else an orientation already applied would be applied again
    return upright


def _describe(source: ImageSource) -> str:
    """How messages call the photo: by its file's name where there is one."""
    path = source if isinstance(source, (str, Path)) else getattr(source, "name", None)
    path = path or getattr(source, "filename", None)
    if not isinstance(path, (str, Path)) or not Path(path).name:
        return "The photo"
    return f"The photo “{readable(Path(path).name)}”"


def readable(name: str) -> str:
    """A file's name with a ? for each byte that is no text and for what has no shape, such as the
    end of a line: nobody could write such a name."""
    return "".join("?" if category(one) in ("Cc", "Cs") else one for one in name)


def _from_array(array: np.ndarray, photo: str) -> Image.Image:
    rgb_or_grey = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)
    if array.dtype != np.uint8 or not rgb_or_grey:
        raise ImageError(
            f"{photo} is an array of {array.dtype} and shape {array.shape}: "
            "give uint8, either H×W×3 in RGB order or H×W grey."
        )
    if array.size == 0:
        raise ImageError(f"{photo} is an empty array: give at least one pixel.")
    return Image.fromarray(np.ascontiguousarray(array))


def _open_file(data: bytes, photo: str) -> Image.Image:
    """Read the header; Pillow decodes the pixels later, from the data kept in memory."""
    if not data:
        raise ImageError(f"{photo} is empty (0 bytes): choose another file.")
    try:
        with _FILTERS_LOCK(), warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            try:
                return Image.open(io.BytesIO(data), formats=FORMATS)
            except UnidentifiedImageError:
                return _open_heic(data)
    except Image.DecompressionBombError as error:
        raise _too_large(photo) from error
    except MemoryError as error:
        raise _no_memory(photo) from error
    except Exception as error:
        raise _Faulty(
            f"{photo} is not an image that can be read: choose a JPEG, PNG or WebP file."
        ) from error


def _open_heic(data: bytes) -> Image.Image:
    """A photo as iPhones keep it; raises what Pillow raises. Its decoder is loaded when needed."""
    if data[4:8] != b"ftyp":
        raise UnidentifiedImageError
    from pillow_heif import HeifImageFile

    return HeifImageFile(io.BytesIO(data))


def read_file(path: str | Path) -> bytes:
    """The bytes of a photo's file, which may not be an image; raises `ImageError`."""
    return _read(path, _describe(path))


def _read(source: str | Path | bytes | BinaryIO, photo: str) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    try:
        if not isinstance(source, (str, Path)):
            data = source.read()
            if isinstance(data, bytes):
                return data
            raise ImageError(f"{photo} was opened as text: open the file in binary mode (“rb”).")
        path = Path(source)
        if path.is_dir():
            raise ImageError(f"{photo} is a folder: choose one image file in it.")
        if not path.exists():
            raise ImageError(f"{photo} does not exist: check the name and the folder.")
        if not path.is_file():  # reading a pipe or a device might never end
            raise ImageError(f"{photo} is not a regular file: choose an image file.")
        return path.read_bytes()
    except MemoryError as error:
        raise _no_memory(photo) from error
    except AttributeError as error:
        raise ImageError(
            f"{photo} cannot come from {type(source).__name__}: give a path, bytes, a binary file, "
            "a PIL image or a uint8 array."
        ) from error
    except (OSError, ValueError) as error:
        raise ImageError(
            f"{photo} cannot be read from where it is: check its name and your permissions."
        ) from error


def _check_size(image: Image.Image, photo: str) -> None:
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise _too_large(photo)
    if max(image.size) > MAX_SIDE:
        raise ImageError(f"{photo} has a side of more than {MAX_SIDE:,} pixels: cut it first.")
    if pixels == 0:
        raise ImageError(f"{photo} has no pixels: choose another.")


def _no_memory(photo: str) -> ImageError:
    return ImageError(f"{photo} {NO_MEMORY}")


def _too_large(photo: str) -> ImageError:
    return ImageError(
        f"{photo} has more than {MAX_PIXELS // 1_000_000} million pixels: make it smaller first."
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey(image, 0, 65535)
    if image.mode in ("I", "F"):
        extremes = [(values.min(), values.max()) for _, values in _strips(image)]
        return _grey(image, min(low for low, _ in extremes), max(high for _, high in extremes))
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(colours, mask=colours)
        return paper
    return image.convert("RGB")


def _grey(image: Image.Image, low: float, high: float) -> Image.Image:
    """RGB of a picture of one channel, whose values `low` and `high` become black and white."""
    grey = Image.new("L", image.size)
    for top, values in _strips(image):
        scaled = (values - low) * (255 / max(high - low, 1e-30))
        grey.paste(Image.fromarray(scaled.round().astype(np.uint8)), (0, top))
    return grey.convert("RGB")


def _strips(image: Image.Image) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """The values of a picture of one channel, some rows at a time, each with its first row."""
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield top, np.nan_to_num(np.asarray(strip).astype(np.float64))


def _stand_up(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF orientation asks, if that can be read."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a photo with broken metadata is still a photo
        return image
