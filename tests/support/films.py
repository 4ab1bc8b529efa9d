"""Short clips made on the fly."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

RATE = 15  # pictures a second


def write_clip(path: Path, portrait: Path | None, seconds: float, size: int = 480) -> Path:
    """A clip of a portrait that wanders to the right, or of a grey wall."""
    face = Image.open(portrait).convert("RGB").resize((size * 3 // 4,) * 2) if portrait else None
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), codec, RATE, (size * 4 // 3, size))
    for i in range(round(seconds * RATE)):
        frame = Image.new("RGB", (size * 4 // 3, size), "grey")
        if face:
            frame.paste(face, (2 * i, size // 8))
        writer.write(cv2.cvtColor(np.asarray(frame), cv2.COLOR_RGB2BGR))
    writer.release()
    return path
