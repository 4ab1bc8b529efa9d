"""Photos of every kind come out upright in RGB, and everything else as one plain sentence."""

import io
import random
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener
from serving import ROOT

from fer.errors import ImageError
from fer.images import MAX_PIXELS, STRIP, open_image

RED, WHITE, GREY = (255, 0, 0), (255, 255, 255), (128, 128, 128)


register_heif_opener()  # so that HEIC can be saved


def encode(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(mode: str, colour, size=(8, 6)) -> Image.Image:
    return Image.new(mode, size, colour)


def palette(transparent: bool) -> bytes:
    image = plain("P", 0)
    image.putpalette([*RED, *GREY])
    return encode(image, **({"transparency": 0} if transparent else {}))


def two_frames(kind: str) -> bytes:
    second = plain("RGB", (0, 0, 255))
    return encode(plain("RGB", RED), kind, save_all=True, append_images=[second])


def grey_array(dtype, value) -> Image.Image:
    return Image.fromarray(np.full((6, 8), value, dtype=dtype))


def ramp(dtype, low, high) -> bytes:
    """A TIFF whose first pixel is the highest value and whose others are the lowest."""
    array = np.full((6, 8), low, dtype=dtype)
    array[0, 0] = high
    return encode(Image.fromarray(array), "TIFF")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(encode(plain("RGB", RED)), RED, id="png"),
        pytest.param(encode(plain("RGB", RED), "BMP"), RED, id="bmp"),
        pytest.param(encode(plain("RGB", RED), "TIFF"), RED, id="tiff"),
        pytest.param(encode(plain("RGB", GREY), "JPEG"), GREY, id="jpeg"),
        pytest.param(encode(plain("RGB", GREY), "HEIF"), GREY, id="heic"),
        pytest.param(encode(plain("RGBA", (0, 0, 0, 0)), "HEIF"), WHITE, id="transparent heic"),
        pytest.param(encode(plain("L", 128), "JPEG"), GREY, id="grey jpeg"),
        pytest.param(encode(plain("1", 1)), WHITE, id="one bit"),
        pytest.param(encode(plain("RGBA", (*RED, 255))), RED, id="opaque RGBA"),
        pytest.param(encode(plain("RGBA", (0, 0, 0, 0))), WHITE, id="transparent is white"),
        pytest.param(encode(plain("RGBA", (0, 0, 0, 127))), GREY, id="half transparent"),
        pytest.param(encode(plain("LA", (0, 127))), GREY, id="half transparent grey"),
        pytest.param(encode(plain("CMYK", (0, 255, 255, 0)), "TIFF"), RED, id="CMYK"),
        pytest.param(palette(transparent=False), RED, id="palette"),
        pytest.param(palette(transparent=True), WHITE, id="transparent palette"),
        pytest.param(encode(plain("RGB", RED), transparency=RED), WHITE, id="transparent colour"),
        pytest.param(two_frames("GIF"), RED, id="animated GIF"),
        pytest.param(two_frames("PNG"), RED, id="animated PNG"),
        pytest.param(encode(grey_array(np.uint16, 32896)), GREY, id="16-bit by its range"),
        pytest.param(encode(grey_array(np.uint16, 65535)), WHITE, id="16-bit white"),
        pytest.param(encode(grey_array(np.uint16, 257)), (1, 1, 1), id="16-bit dark"),
        pytest.param(ramp(np.float32, -3, 5), WHITE, id="float TIFF stretched"),
        pytest.param(ramp(np.int32, -(2**31), 2**31 - 1), WHITE, id="32-bit TIFF stretched"),
    ],
)
def test_every_kind_becomes_rgb(data, expected):
    image = open_image(data)
    assert (image.mode, image.size) == ("RGB", (8, 6))
    assert np.abs(np.array(image.getpixel((0, 0))) - expected).max() <= 1


@pytest.mark.parametrize(
    ("dtype", "low", "high"), [(np.uint16, 0, 65535), (np.int32, -70_000, 900), (np.float32, -1, 4)]
)
def test_a_large_picture_of_one_channel_is_converted_in_parts(dtype, low, high):
    """Whole, 50 million floats would take a gigabyte on the way."""
    generator = np.random.default_rng(0)
    values = generator.uniform(low, high, (2600, 2500)).astype(dtype)
    values[-1, -1], values[0, 0] = low, high
    expected = ((values.astype(float) - low) * 255 / (high - low)).round()
    data = encode(Image.fromarray(values), "TIFF")
    tracemalloc.start()
    image = open_image(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    difference = np.abs(np.asarray(image)[..., 1].astype(float) - expected)
    assert difference.max() <= 1
    assert (difference == 0).mean() > 0.999
    assert most < 5 * 8 * STRIP + len(data)


@pytest.mark.parametrize("size", [(1, 32_001), (32_001, 2)])
def test_what_is_longer_than_any_photo_is_refused(size):
    with pytest.raises(ImageError, match="a side of more than 32,000 pixels"):
        open_image(encode(Image.new("L", size)))


def test_animated_webp_shows_its_first_frame():
    red, green, blue = open_image(two_frames("WEBP")).getpixel((0, 0))
    assert red > 240
    assert max(green, blue) < 15  # WebP is lossy


CORNERS = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).convert("RGB")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_orientation_is_applied_once(kind, orientation):
    # The stored pixels are the upright photo turned the other way round.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = CORNERS.transpose(undo[orientation]) if orientation in undo else CORNERS
    lossless = {
        "WEBP": {"lossless": True},
        "JPEG": {"quality": 100, "subsampling": 0},
        "HEIF": {"quality": -1, "chroma": 444},
    }
    data = encode(stored, kind, exif=turned(orientation), **lossless.get(kind, {}))
    upright = open_image(data)
    assert upright.size == CORNERS.size
    assert np.abs(np.asarray(upright).astype(int) - np.asarray(CORNERS)).max() <= 4
    assert open_image(upright).tobytes() == upright.tobytes()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_metadata_does_not_lose_the_photo():
    data = encode(plain("RGB", GREY), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01" * 9)
    assert open_image(data).size == (8, 6)


def test_every_source_gives_the_same(tmp_path):
    path = tmp_path / "face.png"
    CORNERS.save(path)
    array = np.asarray(CORNERS)
    with path.open("rb") as file:
        sources = [path, str(path), path.read_bytes(), file, CORNERS, array, array[:, :, 0]]
        assert all(np.array_equal(open_image(source), array) for source in sources)


def test_the_answer_is_a_copy():
    source = CORNERS.copy()
    open_image(source).putpixel((0, 0), RED)
    assert source.tobytes() == CORNERS.tobytes()


def chunk(kind: bytes, body: bytes, wrong: int = 0) -> bytes:
    """A PNG's chunk, its checksum changed by the bits in `wrong`."""
    checksum = zlib.crc32(kind + body) ^ wrong
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
MEGABYTES = zlib.compress(bytes(3_000_000))
MEGABYTE = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_000_000)))


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(chunk(b"zTXt", b"Comment\0\0" + MEGABYTES), id="long text"),
        pytest.param(70 * MEGABYTE, id="many texts"),
        pytest.param(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + MEGABYTES), id="XMP"),
        pytest.param(chunk(b"iCCP", b"profile\0\0" + MEGABYTES), id="profile"),
        pytest.param(chunk(b"iCCP", b"profile\0\0" + b"rubbish"), id="profile of rubbish"),
        pytest.param(chunk(b"tEXt", b"Comment\0me", wrong=1), id="wrong checksum of a text"),
        pytest.param(chunk(b"pHYs", bytes(9), wrong=2**31), id="wrong checksum of a resolution"),
        pytest.param(chunk(b"pHYs", b"\0"), id="short resolution"),
        pytest.param(chunk(b"gAMA", b""), id="no gamma"),
        pytest.param(chunk(b"qu3x", b""), id="unknown kind"),
    ],
)
@pytest.mark.parametrize("at", [33, -12], ids=["before the pixels", "after them"])
def test_of_a_png_only_what_is_seen_has_to_be_sound(chunks, at):
    data = encode(NOISE, exif=turned(6))
    upright = open_image(data[:at] + chunks + data[at:])
    assert upright.tobytes() == NOISE.transpose(Image.Transpose.ROTATE_270).tobytes()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


@pytest.mark.parametrize(
    ("options", "missing"),
    [({}, 1), ({}, 2), ({"progressive": True}, 2), ({"optimize": True}, 2), ({"quality": 98}, 2)],
)
@pytest.mark.parametrize("image", [NOISE, plain("RGB", GREY), NOISE.convert("L")])
def test_a_jpeg_may_lack_its_end(image, options, missing):
    data = encode(image, "JPEG", **options)
    assert open_image(data[:-missing]).tobytes() == open_image(data).tobytes()


@pytest.mark.parametrize("progressive", [True, False])
@pytest.mark.parametrize("missing", [5, 12, 40, 200])
def test_a_jpeg_may_lack_no_part_of_the_picture(missing, progressive):
    with pytest.raises(ImageError, match="damaged or incomplete"):
        open_image(encode(NOISE, "JPEG", progressive=progressive)[:-missing])


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.jpg"])
def test_an_iphones_photo_opens_under_any_name(tmp_path, brand, name):
    path = tmp_path / name
    data = encode(plain("RGB", GREY), "HEIF")
    path.write_bytes(data.replace(b"ftypheic", b"ftyp" + brand))
    assert open_image(path).tobytes() == plain("RGB", GREY).tobytes()


def test_the_decoder_of_heic_is_loaded_for_heic_alone():
    code = (
        "import sys, fer; fer.images.open_image(sys.argv[1]); print('pillow_heif' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "fer/ui/examples/hopper.jpg")]
    assert subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout == "False\n"


def heic_that_says(width: int, height: int) -> bytes:
    """A HEIC of 256×200 pixels that claims another size."""
    claimed = struct.pack(">II", width, height)
    return encode(Image.new("RGB", (256, 200)), "HEIF").replace(
        struct.pack(">II", 256, 200), claimed
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"Dear diary,\n", "not an image", id="text"),
        pytest.param(b"", "empty", id="zero bytes"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", "not an image", id="EPS starts no program"),
        pytest.param(encode(NOISE, "JPEG")[:900], "damaged", id="truncated JPEG"),
        pytest.param(encode(NOISE)[:900], "damaged", id="truncated PNG"),
        pytest.param(encode(NOISE, "TIFF")[:900], "damaged", id="truncated TIFF"),
        pytest.param(encode(NOISE)[:20], "not an image", id="PNG without its header"),
        pytest.param(png_header(30_000, 30_000), "50 million", id="900 megapixels"),
        pytest.param(png_header(10_000, 10_000), "50 million", id="100 megapixels"),
        pytest.param(png_header(MAX_PIXELS + 1, 1), "50 million", id="one pixel too many"),
        pytest.param(png_header(2**31 - 1, 2**31 - 1), "50 million", id="largest PNG"),
        pytest.param(heic_that_says(20_000, 20_000), "50 million", id="HEIC of 400 megapixels"),
        pytest.param(heic_that_says(8, 8), "damaged", id="HEIC that claims to be small"),
        pytest.param(encode(NOISE, "HEIF")[:900], "damaged|not an image", id="truncated HEIC"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_bad_files_are_one_sentence_with_their_name(data, says, tmp_path):
    path = tmp_path / "my holiday.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageError) as caught:
        open_image(path)
    message = str(caught.value)
    assert re.search(says, message)
    assert "“my holiday.jpg”" in message
    assert str(tmp_path) not in message
    check_one_sentence(message)


def check_one_sentence(message: str) -> None:
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert "\n" not in message


@pytest.mark.parametrize(
    ("source", "says"),
    [
        pytest.param("no such file.png", "“no such file.png” does not exist", id="missing"),
        pytest.param("/", "folder", id="root folder"),
        pytest.param("/dev/null", "not a regular file", id="device"),
        pytest.param("a\0b.png", "does not exist|cannot be read", id="null in the name"),
        pytest.param("x" * 5000, "does not exist|cannot be read", id="name too long"),
        pytest.param("two\nlines.png", "“two\\?lines.png”", id="line break in the name"),
        pytest.param("\udcff.png", "does not exist", id="name that is not text"),
        pytest.param("", "folder", id="no path"),
        pytest.param(None, "NoneType", id="None"),
        pytest.param(42, "int", id="number"),
        pytest.param(io.StringIO("text"), "binary mode", id="text file"),
        pytest.param(io.BytesIO(), "empty", id="empty stream"),
        pytest.param(np.zeros((4, 4, 3)), "float64", id="float array"),
        pytest.param(np.zeros((4, 4, 4), np.uint8), "shape", id="four channels"),
        pytest.param(np.zeros((3, 4, 4), np.uint8), "shape", id="channels first"),
        pytest.param(np.zeros(4, np.uint8), "shape", id="one dimension"),
        pytest.param(np.zeros((0, 4, 3), np.uint8), "no pixels|empty", id="empty array"),
        pytest.param(Image.new("RGB", (0, 5)), "no pixels", id="empty PIL image"),
        pytest.param(Image.new("1", (MAX_PIXELS + 1, 1)), "50 million", id="PIL image too large"),
    ],
)
def test_bad_sources_are_one_sentence(source, says):
    with pytest.raises(ImageError, match=says) as caught:
        open_image(source)
    check_one_sentence(str(caught.value))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_never_raise_anything_else(kind):
    good = encode(NOISE, kind)
    chance = random.Random(0)
    for _ in range(150):
        data = bytearray(good[: chance.choice([len(good), chance.randrange(len(good))])])
        for _ in range(min(len(data), chance.choice([1, 3, 30]))):
            data[chance.randrange(min(len(data), chance.choice([64, 10**9])))] = chance.randrange(
                256
            )
        try:
            assert open_image(bytes(data)).mode == "RGB"
        except ImageError as error:
            check_one_sentence(str(error))
