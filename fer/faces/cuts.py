"""Where one shot of a film ends and another begins: no face of the one goes on in the other."""

import numpy as np
from PIL import Image

SIZE = (16, 9)
# Mean difference of the colours, of 255. Far more than people who move cause; a flash or a quick
# turn of the camera may cause it too, after which a face gets a new number though it is the same.
CUT = 32


def glimpse(picture: Image.Image) -> bytes:
    """Roughly what an RGB picture shows, to be compared by `is_cut`."""
    return picture.resize(SIZE, Image.Resampling.BOX, reducing_gap=2).tobytes()


def is_cut(before: bytes, now: bytes) -> bool:
    """Whether two pictures that follow each other, as glimpses, are of different shots."""
    a, b = (np.frombuffer(one, np.uint8).astype(np.int16) for one in (before, now))
    return bool(np.abs(a - b).mean() > CUT)
