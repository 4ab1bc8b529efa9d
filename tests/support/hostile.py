"""Files and values that nobody should send, made by generators that know the formats.

What is broken at random is refused at the door: a checksum says so. These go further in, for they
put right what is checked first.
"""

import io
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getpagesize, getrlimit, getrusage, setrlimit
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from PIL import Image

from fer.errors import FerError

CPU_SECONDS = 20  # of one case; a watchdog, not a measurement
MEGABYTES = 1000  # more in the process than before the case

SIZES = st.one_of(
    st.integers(0, 70), st.sampled_from([255, 256, 32_000, 65_535, 2**16, 2**31 - 1, 2**32 - 1])
)


@contextmanager
def watched() -> Iterator[None]:
    """A case may take neither long nor much memory."""

    def stop(*_: Any) -> None:
        raise AssertionError(f"more than {CPU_SECONDS} s of CPU")

    before = getrusage(RUSAGE_SELF).ru_maxrss
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = getrlimit(RLIMIT_AS)
    # What is reserved is more than what is used, threads' stacks for instance; past this limit it
    # is a MemoryError here instead of the end of other programs.
    setrlimit(RLIMIT_AS, (pages * getpagesize() + 4 * MEGABYTES * 2**20, limits[1]))
    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
        setrlimit(RLIMIT_AS, limits)
    grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEGABYTES, f"{grown:.0f} MB more"


def value_or_sentence(door: Callable[[], Any]) -> Any:
    """What a door gives, None where it says in one sentence why it gives nothing."""
    with watched():
        try:
            return door()
        except FerError as error:
            said = str(error)
            assert "\n" not in said, said
            assert said.endswith("."), said
            return None


@st.composite
def damaged(draw: DrawFn, whole: bytes) -> bytes:
    """A file with a few places changed, lost, doubled or cut off."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(1, 40))
        kind = draw(st.sampled_from(["change", "lose", "double", "insert", "end"]))
        if kind == "change":
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
        elif kind == "lose":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=40))
        else:
            del data[at:]
    return bytes(data)


# Pictures


@cache
def picture(kind: str, mode: str) -> bytes:
    """A small whole picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 4), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").convert(mode).save(file, kind)
    return file.getvalue()


def _chunk(kind: bytes, content: bytes, lies: int | None = None) -> bytes:
    length = len(content) if lies is None else lies
    return (
        struct.pack(">I", length) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    )


@st.composite
def pngs(draw: DrawFn) -> bytes:
    """PNG files whose checksums are right and whose header, palette or pixels may be not."""
    header = struct.pack(
        ">IIBBBBB",
        draw(SIZES),
        draw(SIZES),
        draw(st.sampled_from([1, 2, 4, 8, 16, 3, 0])),
        draw(st.sampled_from([0, 2, 3, 4, 6, 1])),
        draw(st.integers(0, 1)),
        draw(st.integers(0, 1)),
        draw(st.integers(0, 2)),
    )
    kinds = st.sampled_from(
        [b"PLTE", b"tRNS", b"IDAT", b"iCCP", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"acTL", b"fcTL"]
    )
    bodies = st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(zlib.compress),
        st.binary(max_size=60).map(lambda body: b"name\0\0" + zlib.compress(body * 1000)),
    )
    chunks = b"".join(
        _chunk(draw(kinds), draw(bodies), draw(st.one_of(st.none(), SIZES)))
        for _ in range(draw(st.integers(0, 5)))
    )
    pixels = zlib.compress(bytes(draw(st.integers(0, 40_000))))
    end = draw(st.sampled_from([_chunk(b"IEND", b""), b""]))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + _chunk(b"IHDR", header) + chunks + _chunk(b"IDAT", pixels) + end


def photos() -> SearchStrategy[bytes]:
    """Any bytes, damaged files of every kind that is read, and PNGs of our own making."""
    whole = [
        picture("PNG", "RGBA"),
        picture("JPEG", "RGB"),
        picture("JPEG", "CMYK"),
        picture("GIF", "P"),
        picture("WEBP", "RGB"),
        picture("TIFF", "F"),
        picture("TIFF", "RGB"),
        picture("BMP", "1"),
        picture("AVIF", "RGB"),
    ]
    return st.one_of(st.binary(max_size=200), pngs(), *map(damaged, whole))


# Archives


@st.composite
def zips(draw: DrawFn) -> bytes:
    """Zips of photos and other things, with fields that lie."""
    file = io.BytesIO()
    names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
    with zipfile.ZipFile(file, "w") as archive:
        for _ in range(draw(st.integers(0, 4))):
            content = draw(st.one_of(st.binary(max_size=30), st.just(picture("PNG", "RGB"))))
            packing = draw(st.sampled_from([0, 8, 12, 14]))
            name = draw(st.one_of(names, st.sampled_from(["a.png", "b/a.png", "../../a.png"])))
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    data = bytearray(file.getvalue())
    for signature, size in ((b"PK\x01\x02", 46), (b"PK\x03\x04", 30), (b"PK\x05\x06", 22)):
        at = data.find(signature)
        if at >= 0 and draw(st.booleans()):
            field = draw(st.integers(4, size - 2))
            lie = draw(st.one_of(st.binary(min_size=2, max_size=2), st.just(b"\xff\xff")))
            data[at + field : at + field + 2] = lie
    return draw(st.one_of(st.just(bytes(data)), damaged(bytes(data))))


# JSON


def json_values() -> SearchStrategy[Any]:
    """Whatever JSON can say, and NaN and infinity, which Python reads too."""
    numbers = st.one_of(
        st.integers(), st.floats(), st.sampled_from([0, -1, 2**31, 2**63, 10**400, 1e-320, 1e308])
    )
    plain = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=10))
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=7), st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=8,
    )


@st.composite
def changed_json(draw: DrawFn, record: Any) -> Any:
    """A record with one value in it, however deep, replaced by another, or left out."""
    if isinstance(record, dict) and record and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(record)))
        if draw(st.integers(0, 9)) == 0:
            return {name: value for name, value in record.items() if name != key}
        return record | {key: draw(changed_json(record[key]))}
    if isinstance(record, list) and record and draw(st.booleans()):
        at = draw(st.integers(0, len(record) - 1))
        return [*record[:at], draw(changed_json(record[at])), *record[at + 1 :]]
    return draw(json_values())
