"""Photos that every viewer shows although they break their format's rules, made such as keep them.

What is put right is what no pixel depends on; a photo of which a part is missing stays refused.
"""

import hashlib
import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
END_OF_JPEG = b"\xff\xd9"
# Of a PNG's chunks that a viewer may skip, those that change what is seen.
SEEN = (b"tRNS", b"eXIf")


def mended(data: bytes) -> bytes | None:
    """The bytes of the same photo without its faults; None where this knows no way.

    Of a PNG, chunks that carry no pixels may be too large, too short or have a wrong checksum; a
    JPEG may lack the two bytes that say that it ends. Its size must have been checked before.
    """
    if data.startswith(PNG):
        return PNG + b"".join(_needed(data))
    if data.startswith(JPEG):
        return _ended(data)
    return None


def _needed(data: bytes) -> Iterator[bytes]:
    """The chunks of a PNG without which it would look otherwise."""
    at = len(PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        sound = zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        if kind[:1].isupper() or (kind in SEEN and sound):
            yield chunk
        at += len(chunk)


def _ended(data: bytes) -> bytes | None:
    """A JPEG with its end, if nothing else is missing.

    A decoder makes up what is missing from whatever follows: if two different endings give one
    picture, it has had all of it.
    """
    start = data.rstrip(b"\xff")
    try:
        pictures = {_digest(start + 64 * filling + END_OF_JPEG) for filling in (b"\0", b"\x55")}
    except Exception:  # Pillow's decoders raise nearly every type on damaged data
        return None
    return start + END_OF_JPEG if len(pictures) == 1 else None


def _digest(jpeg: bytes) -> bytes:
    """What tells a picture's pixels from others."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
        return hashlib.sha256(picture.tobytes()).digest()
