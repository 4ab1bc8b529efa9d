"""The faces of a results file, cut out of their pictures again, as far as these are still there."""

import hashlib
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fer.bulk.inputs import CONTAINERS, HUB_FILE, File
from fer.bulk.items import Item, items
from fer.bulk.schema import Row
from fer.errors import FerError
from fer.images import open_image

SIDE = 112  # pixels of a face on the page
AROUND = 1.4  # times the face's box
FILMED = 600.0  # seconds of a film that are gone through: all of it has to be decoded


@dataclass(frozen=True)
class Origin:
    """Where a run's pictures are: the folder that names are meant from, a film's step."""

    folder: Path
    every: float


def pictures_of(rows: Iterable[Row], origin: Origin) -> Iterator[tuple[Row, Image.Image]]:
    """The rows whose picture is as it was, each with its face, `SIDE`×`SIDE`."""
    wanted: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["seconds"] is None or row["seconds"] <= FILMED:
            wanted[row["source"]].append(row)
    for source, own in wanted.items():
        with suppress(FerError, OSError, zipfile.BadZipFile):
            yield from _in(source, own, origin)


def _in(source: str, rows: list[Row], origin: Origin) -> Iterator[tuple[Row, Image.Image]]:
    path = _path(source, origin)
    kind = CONTAINERS.get(path.suffix.lower(), "photo")
    file = File(kind, str(path), source)
    if kind == "parquet":
        for row in rows:
            yield from _cut([next(items(file, 1, int(row["item"])))], [row])
    else:
        yield from _cut(items(file, origin.every), rows)


def _path(source: str, origin: Origin) -> Path:
    on_the_hub = HUB_FILE.fullmatch(source)
    if on_the_hub is None:
        return origin.folder / source
    from huggingface_hub import try_to_load_from_cache

    repo, commit, name = on_the_hub.groups()
    path = try_to_load_from_cache(repo, name, revision=commit, repo_type="dataset")
    return Path(path) if isinstance(path, str) else Path(os.devnull)


def _cut(found: Iterable[Item], rows: list[Row]) -> Iterator[tuple[Row, Image.Image]]:
    by_item = defaultdict(list)
    for row in rows:
        by_item[row["item"]].append(row)
    for item in found:
        for row in by_item.pop(item.item, ()):
            if not isinstance(item.picture, FerError):
                data = item.picture if isinstance(item.picture, bytes) else item.picture.tobytes()
                if hashlib.sha256(data).hexdigest() == row["image_sha256"]:
                    scale = item.frame.scale if item.frame else 1.0
                    yield row, _face(open_image(item.picture), row, scale)
        if not by_item:
            return


def _face(photo: Image.Image, row: Row, scale: float) -> Image.Image:
    x0, y0, x1, y1 = (row[f"box_{at}"] / scale for at in ("x0", "y0", "x1", "y1"))
    half = min(AROUND * max(x1 - x0, y1 - y0), *photo.size) / 2
    x, y = (
        min(max((low + high) / 2, half), side - half)
        for low, high, side in ((x0, x1, photo.width), (y0, y1, photo.height))
    )
    box = (x - half, y - half, x + half, y + half)
    return photo.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box, reducing_gap=2)
