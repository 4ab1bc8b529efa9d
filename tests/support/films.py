"""Short clips made on the fly."""

import re
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

RATE = 15  # pictures a second


# A part of a WebM that begins with a whole picture.
KEY_CLUSTER = re.compile(rb"\x1f\x43\xb6\x75.{2,3}\xe7.{2,4}\xa3.{1,3}\x81.{2}\x80", re.DOTALL)


def write_clip(
    path: Path, portrait: Path | None, seconds: float, size: int = 480, rate: int = RATE
) -> Path:
    """A clip of a portrait that wanders to the right again and again, or of a grey wall.

    MP4, or VP8 in WebM.
    """
    face = Image.open(portrait).convert("RGB").resize((size * 3 // 4,) * 2) if portrait else None
    codec = cv2.VideoWriter.fourcc(*("VP80" if path.suffix == ".webm" else "mp4v"))
    writer = cv2.VideoWriter(str(path), codec, rate, (size * 4 // 3, size))
    for i in range(round(seconds * rate)):
        frame = Image.new("RGB", (size * 4 // 3, size), "grey")
        if face:
            frame.paste(face, (2 * i % (size // 3), size // 8))
        writer.write(cv2.cvtColor(np.asarray(frame), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def write_late_clip(path: Path, portrait: Path) -> Path:
    """The end of a WebM of 80 seconds, as a recorder leaves it that forgets what is old."""
    data = write_clip(path, portrait, 80, 96, rate=2).read_bytes()
    first, *_, last = (match.start() for match in KEY_CLUSTER.finditer(data))
    path.write_bytes(data[:first] + data[last:])
    return path
