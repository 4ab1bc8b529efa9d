"""Inputs of any size to try `fer batch` with, made of the packaged portraits, always the same."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

from fer.bench.photos import Photo, compose

MEGAPIXELS = (1, 5)  # of photos, from and to
SHAPE = (4, 3)
FILM = (640, 360)
RATE = 15  # pictures of a film a second
REEL = 60  # seconds, of which longer films are made
SHOT = 20  # seconds from cut to cut
SMALL = (320, 240)


def photos(folder: Path, count: int) -> Path:
    """A folder of photos of 1 to 5 megapixels, of one or ten faces, no two the same."""
    folder.mkdir()
    scenes: dict[int, Photo] = {}
    low, high = MEGAPIXELS
    for number in range(count):
        kind = number % (2 * (high - low) + 1)  # steps of half a megapixel
        if kind not in scenes:
            area = 1e6 * (low + kind / 2)
            width = round((area * SHAPE[0] / SHAPE[1]) ** 0.5)
            scenes[kind] = compose(
                (width, width * SHAPE[1] // SHAPE[0]), 10 if kind % 4 == 3 else 1
            )
        (folder / f"{number:06}.jpg").write_bytes(_marked(scenes[kind].picture, number))
    return folder


def film(path: Path, seconds: int) -> Path:
    """A film of a portrait that wanders, with cuts; of over a minute, the same minute again."""
    with av.open(path, "w") as made:
        stream = made.add_stream("mpeg4", RATE, pix_fmt="yuv420p")
        stream.width, stream.height = FILM
        stream.gop_size = RATE
        reel = [
            packet
            for picture in _shots(min(seconds, REEL))
            for packet in stream.encode(av.VideoFrame.from_image(picture))
        ]
        reel += stream.encode()
        data = [(bytes(packet), packet.is_keyframe) for packet in reel]
        for number in range(seconds * RATE):
            content, key = data[number % len(data)]
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, reel[0].time_base
            packet.pts = packet.dts = number
            packet.is_keyframe = key
            made.mux(packet)
    return path


def mixed(folder: Path, count: int) -> Path:
    """A folder of as many pictures: photos, some of them bad, a zip, a parquet file, a film."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    scene = compose(SMALL, 1).picture
    data = [_marked(scene, n) if n % 50 else b"no photo" for n in range(count * 3 // 4)]
    third = len(data) // 3
    for number, photo in enumerate(data[:third]):
        (folder / f"{number:06}.jpg").write_bytes(photo)
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for number, photo in enumerate(data[third : 2 * third]):
            archive.writestr(f"{number:06}.jpg", photo)
    pq.write_table(pa.table({"image": data[2 * third :]}), folder / "photos.parquet")
    film(folder / "film.mp4", max(1, count // 4 // 5))  # five pictures of it a second are read
    return folder


def _shots(seconds: int) -> Iterator[Image.Image]:
    """A portrait that wanders to the right, before another wall after each cut."""
    scene = compose(FILM, 1).picture
    for number in range(seconds * RATE):
        shot, step = divmod(number, SHOT * RATE)
        turned = Image.fromarray(np.roll(np.asarray(scene), 40 * shot, 2))
        yield turned.transform(FILM, Image.Transform.AFFINE, (1, 0, 20 - step // 4, 0, 1, 0))


def _marked(photo: Image.Image, number: int) -> bytes:
    """The photo as a JPEG file that no other number has."""
    marked = photo.copy()
    for bit in range(16):
        marked.paste((255 * (number >> bit & 1),) * 3, (8 * bit, 0, 8 * bit + 8, 8))
    file = io.BytesIO()
    marked.save(file, "jpeg", quality=90)
    return file.getvalue()
