"""Short clips made on the fly."""

import math
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

RATE = 15  # pictures a second


# A part of a WebM that begins with a whole picture.
KEY_CLUSTER = re.compile(rb"\x1f\x43\xb6\x75.{2,3}\xe7.{2,4}\xa3.{1,3}\x81.{2}\x80", re.DOTALL)


def write_clip(
    path: Path,
    portrait: Path | None,
    seconds: float,
    size: int = 480,
    rate: int = RATE,
    codec: str = "",
) -> Path:
    """A clip of a portrait that wanders to the right again and again, or of a grey wall.

    MPEG-4 in MP4 or AVI, VP8 in WebM, or what FFmpeg's encoder of another name makes.
    """
    face = Image.open(portrait).convert("RGB").resize((size * 3 // 4,) * 2) if portrait else None
    codec = codec or ("vp8" if path.suffix == ".webm" else "mpeg4")
    # SVT-AV1 gives root's thread that opens it the highest priority in real time, for good: tests
    # after it would leave no time for anything else on the machine.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_encode, path, face, seconds, size, rate, codec).result()
    return path


def _encode(
    path: Path, face: Image.Image | None, seconds: float, size: int, rate: int, codec: str
) -> None:
    with av.open(path, "w") as clip:
        stream = clip.add_stream(codec, rate, pix_fmt="yuv420p")
        stream.width, stream.height = size * 4 // 3, size
        stream.gop_size = 12  # pictures between whole ones
        for i in range(round(seconds * rate)):
            frame = Image.new("RGB", (size * 4 // 3, size), "grey")
            if face:
                frame.paste(face, (2 * i % (size // 3), size // 8))
            clip.mux(stream.encode(av.VideoFrame.from_image(frame)))
        clip.mux(stream.encode())


def write_uneven_clip(path: Path, times: list[float]) -> Path:
    """A clip of a grey wall with a picture at each of these seconds, as phones film in the dark."""
    with av.open(path, "w") as clip:
        stream = clip.add_stream("mpeg4", RATE, pix_fmt="yuv420p")
        stream.width, stream.height = 64, 48
        stream.codec_context.time_base = Fraction(1, 1000)
        for seconds in times:
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), "grey"))
            frame.pts, frame.time_base = round(1000 * seconds), Fraction(1, 1000)
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode())
    return path


def write_turn(path: Path, degrees: int) -> None:
    """Let an MP4 say that its pictures are to be turned clockwise, as phones do."""
    data = path.read_bytes()
    upright, turned = (struct.pack(">9i", *_matrix(angle)) for angle in (0, degrees))
    at = data.index(upright, data.index(b"tkhd"))
    path.write_bytes(data[:at] + turned + data[at + len(turned) :])


def _matrix(degrees: int) -> list[int]:
    one, two = (round(65536 * part(math.radians(degrees))) for part in (math.cos, math.sin))
    return [one, two, 0, -two, one, 0, 0, 0, 1 << 30]


def write_late_clip(path: Path, portrait: Path) -> Path:
    """The end of a WebM of 80 seconds, as a recorder leaves it that forgets what is old."""
    data = write_clip(path, portrait, 80, 96, rate=2).read_bytes()
    first, *_, last = (match.start() for match in KEY_CLUSTER.finditer(data))
    path.write_bytes(data[:first] + data[last:])
    return path
