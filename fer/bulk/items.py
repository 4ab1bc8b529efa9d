"""What is in a file, one picture after the other, each read but not decoded yet."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from fer.batch import is_offered, shown_parts, unpacked
from fer.bulk import parquet, storage
from fer.bulk.inputs import CONTAINERS, PHOTOS, File
from fer.bulk.storage import Vanished
from fer.errors import FerError, ImageError, VideoError
from fer.faces.cuts import glimpse
from fer.film import Film, open_film
from fer.images import readable

MISSING = 2.0  # seconds that a film may lack at its end before that is said


@dataclass(frozen=True)
class Frame:
    """Where a picture is in a film."""

    seconds: float
    scale: float  # it was shrunk by
    seen: bytes  # a glimpse, to tell cuts by


@dataclass(frozen=True)
class Item:
    """One picture, or what is wrong with it; `item` says where in the file it is.

    `last` says that this is about the file as a whole, of which nothing more is read.
    """

    source: str
    item: str | None
    picture: bytes | Image.Image | FerError
    frame: Frame | None = None
    last: bool = False
    line: int = 0  # of the run's plan, on which the file is


def items(file: File, every: float, skip: int = 0) -> Iterator[Item]:
    """The pictures of a file but for the first `skip`; of a film one `every` so many seconds.

    What is wrong with the file as a whole comes as its last item. Raises `Vanished` where the place
    is gone in which it was found.
    """
    try:
        if file.kind == "zip":
            yield from _zip(file, skip)
        elif file.kind == "parquet":
            for number, picture in parquet.rows(file.path, skip):
                yield Item(file.source, str(number), picture)
        elif file.kind == "film":
            yield from _film(file, every, skip)
        elif file.kind == "folder":
            raise ImageError("The folder cannot be read: check your permissions.")
        elif skip == 0:
            yield Item(file.source, None, storage.read_photo(file.path))
    except Vanished:
        raise
    except FerError as error:
        _check_place(file)
        yield Item(file.source, None, error, last=True)


def count(file: File, every: float) -> int:
    """About how many pictures a file has; raises `FerError` where that cannot be told."""
    if file.kind == "zip":
        with _opened(file) as archive:
            return len(_entries(archive))
    if file.kind == "parquet":
        return parquet.count(file.path)
    if file.kind == "film":
        if storage.is_address(file.path):
            return 1  # it is not fetched twice
        return max(1, round(open_film(Path(file.path), every).seconds / every))
    return 1


def _check_place(file: File) -> None:
    """Raise `Vanished` where more than the file is gone: else a lost drive would be a million bad
    photos."""
    if storage.is_address(file.path):
        storage.check(file.path)
    if file.root is None:
        return
    try:
        with os.scandir(file.root) as found:
            there = next(found, None) is not None
    except OSError:
        there = False
    if not there:
        raise Vanished(
            f"{readable(file.root)} is no longer there or empty: bring it back, then give the same "
            "command again, which carries on."
        )


def _name(file: File) -> str:
    return f"The zip “{readable(Path(file.path).name)}”"


@contextmanager
def _opened(file: File) -> Iterator[zipfile.ZipFile]:
    with ExitStack() as stack:
        try:
            archive = zipfile.ZipFile(stack.enter_context(storage.opened(file.path)))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FerError(f"{_name(file)} is damaged or cannot be read: make it again.") from error
        yield archive


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """What may be photos, or should have been unpacked; the rest, such as texts, is passed over."""
    kinds = {"", *PHOTOS, *CONTAINERS}
    return [
        info
        for info in archive.infolist()
        if is_offered(info) and PurePosixPath(info.filename).suffix.lower() in kinds
    ]


def _zip(file: File, skip: int) -> Iterator[Item]:
    with _opened(file) as archive:
        entries = _entries(archive)
        if not entries:
            raise FerError(f"{_name(file)} has no photos in it: choose another.")
        for info in entries[skip:]:
            shown = readable("/".join(shown_parts(info)))
            kind = CONTAINERS.get(PurePosixPath(info.filename).suffix.lower())
            picture: bytes | FerError
            try:
                if kind:
                    raise FerError(f"This is a {kind} inside a zip: unpack the outer zip first.")
                picture = unpacked(archive, info)
            except FerError as error:
                _check_place(file)
                picture = error
            yield Item(file.source, shown, picture)


def _film(file: File, every: float, skip: int) -> Iterator[Item]:
    with storage.on_the_drive(file.path) as path:
        yield from _pictures(file, open_film(path, every), every, skip)


def _pictures(file: File, film: Film, every: float, skip: int) -> Iterator[Item]:
    seconds = 0.0
    # A decoder that jumps to a time may land beside it: what is skipped is decoded too.
    for number, picture in enumerate(film.pictures):
        seconds = picture.seconds
        if number >= skip:
            frame = Frame(round(seconds, 3), picture.scale, glimpse(picture.photo))
            yield Item(file.source, f"{seconds:.3f}", picture.photo, frame)
    if film.seconds - seconds > MISSING + every:
        raise VideoError(
            f"The film ends after {seconds:.0f} of {film.seconds:.0f} seconds: the rest is missing "
            "or damaged; copy it again."
        )
