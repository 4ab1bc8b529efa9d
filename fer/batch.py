"""Many photos at once, single files or zips, into one table; a bad file spoils only itself.

results = fer.batch.recognize([Path("photos.zip")], fer.load())
Path("faces.csv").write_text(results.to_csv(), encoding="utf-8")
"""

import io
import math
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from PIL import Image

from fer.errors import NO_MEMORY, FerError, ImageError
from fer.face import Face
from fer.images import open_image, readable
from fer.labels import EMOTIONS, FORMULA, most_probable
from fer.recognizer import Read, Recognizer

MAX_PHOTOS = 200
MAX_BYTES = 50_000_000  # of one photo
MAX_UNPACKED = 1_000_000_000  # of all photos of a zip together
MAX_DIRECTORY = 1_000_000  # bytes of a zip's list of its files, which is read at once
# Python bounds what it unpacks of these alone: of others, 1 KB can become gigabytes.
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PHOTOS_AT_ONCE = 4  # read together
PIXELS = 12_000_000  # larger photos are shrunk: their faces are large enough even so
MAX_FACES = 50  # of one photo

COLUMNS = ("file", "face", "emotion", "sure", "valence", "levels_5", "levels_3")  # before labels
NO_FACE = "No face was found."

Photo = tuple[str, Callable[[], bytes | Path]]  # its name, and how to get it
# A photo's whole path, how many of its last parts name it where no other has the same, and how to
# get it.
Place = tuple[tuple[str, ...], int, Callable[[], bytes | Path]]


@dataclass
class Results:
    """A row for each face, and the files without one with what is wrong with them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    labels: tuple[str, ...] = EMOTIONS  # of the model, each of which is a column

    def add(self, name: str, faces: list[Face]) -> None:
        """Add the faces of a photo."""
        if not faces:
            self.problems.append((name, NO_FACE))
        for number, face in enumerate(faces, 1):
            scaled = bool(face.labels.levels)
            self.rows.append(
                {
                    "file": name,
                    "face": number,
                    "emotion": face.emotion,
                    "sure": face.sure,
                    "valence": round(face.valence, 4),
                    "levels_5": most_probable(face.levels_5) if scaled else None,
                    "levels_3": most_probable(face.levels_3) if scaled else None,
                    **{label: round(p, 4) for label, p in face.expressions.items()},
                }
            )

    def to_frame(self) -> pd.DataFrame:
        """The table of faces."""
        return pd.DataFrame(self.rows, columns=[*COLUMNS, *self.labels])

    def to_csv(self) -> str:
        """The table as text, in which no file name is a formula for a spreadsheet."""
        frame = self.to_frame()
        frame["file"] = frame["file"].map(no_formula)
        return frame.to_csv(index=False)


def no_formula(cell: str) -> str:
    """The same text, but nothing that a spreadsheet would compute."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def recognize(files: Sequence[str | Path], recognizer: Recognizer) -> Results:
    """The faces of all photos; raises `FerError` for too many photos or a bad zip."""
    results = Results()
    photos = gather(files)
    for _ in read_all(photos, recognizer, results):
        pass
    return results


def gather(files: Sequence[str | Path], folders: bool = True) -> list[Photo]:
    """The photos in files and zips, none of them opened yet and nothing unpacked onto the disk.

    Photos of one name are told apart by the folders or the zip that they are in, or by a number
    where `folders` mean nothing, as those of uploads.
    """
    places: list[Place] = []
    for file in map(Path, files):
        if file.is_file() and zipfile.is_zipfile(file):
            found = _in_zip(file)
        else:
            found = [(file.parts, 1, _of_file(file))]
        outer = 0 if folders else len(file.parts) - 1
        places += [(parts[outer:], least, get) for parts, least, get in found]
        if len(places) > MAX_PHOTOS:
            raise FerError(f"There are more than {MAX_PHOTOS} photos: send fewer at once.")
    if not places:
        raise FerError("There are no photos: add some first.")
    names = _names(places) if folders else _numbered(_names(places))
    return list(zip(names, (get for _, _, get in places), strict=True))


def _names(places: list[Place]) -> list[str]:
    """As short as they can be with another name for every path."""
    shown = [least for _, least, _ in places]
    while True:
        names = [
            readable("/".join(parts[-count:]))
            for (parts, _, _), count in zip(places, shown, strict=True)
        ]
        paths: dict[str, set[tuple[str, ...]]] = {}
        for name, (parts, _, _) in zip(names, places, strict=True):
            paths.setdefault(name, set()).add(parts)
        unclear = [
            i
            for i, (parts, _, _) in enumerate(places)
            if len(paths[names[i]]) > 1 and shown[i] < len(parts)
        ]
        if not unclear:
            return names
        for i in unclear:
            shown[i] += 1


def _numbered(names: list[str]) -> list[str]:
    """The same, from the second of a name on with a number."""
    before: Counter[str] = Counter()
    numbered = []
    for name in names:
        before[name] += 1
        numbered.append(f"{name} ({before[name]})" if before[name] > 1 else name)
    return numbered


def read_all(
    photos: list[Photo], recognizer: Recognizer, results: Results, read: Read | None = None
) -> Iterator[int]:
    """Fill the results, yielding after every few photos how many are done.

    `read` runs the networks in place of `recognizer.read`, such as on a GPU.
    """
    results.labels = recognizer.labels.names
    recognizer.check_columns([*COLUMNS, *results.labels])
    waiting, done = iter(photos), 0
    while some := list(islice(waiting, PHOTOS_AT_ONCE)):
        opened, names = [], []
        for name, get in some:
            try:
                opened.append(_shrink(open_image(get())))
                names.append(name)
            except FerError as error:
                results.problems.append((name, str(error)))
        detected = [faces[:MAX_FACES] for faces in recognizer.detector.each(opened)]
        for name, faces in zip(names, (read or recognizer.read)(opened, detected), strict=True):
            results.add(name, faces)
        done += len(some)
        yield done


def _shrink(photo: Image.Image) -> Image.Image:
    ratio = math.sqrt(PIXELS / (photo.width * photo.height))
    if ratio < 1:
        photo.thumbnail((round(photo.width * ratio), round(photo.height * ratio)))
    return photo


def _of_file(file: Path) -> Callable[[], Path]:
    def get() -> Path:
        check_bytes(file)
        return file  # which says what is wrong with it when it is opened

    return get


def check_bytes(file: Path) -> None:
    """Raise `ImageError` for a file that is there and too large to be a photo."""
    if file.is_file() and file.stat().st_size > MAX_BYTES:
        raise too_large()


class _SmallReads(io.FileIO):
    """A file of which only a little is read at a time: a zip's list of files could be huge."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise _too_many(Path(str(self.name)))
        return super().read(-1 if size is None else size)


def _too_many(file: Path) -> FerError:
    return FerError(f"The zip “{file.name}” has more than {MAX_PHOTOS} files: send fewer.")


def _in_zip(file: Path) -> list[Place]:
    try:
        with _SmallReads(file) as data, zipfile.ZipFile(data) as archive:
            inside = [info for info in archive.infolist() if is_offered(info)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FerError(f"The zip “{file.name}” is damaged: make it again.") from error
    if not inside:
        raise FerError(f"The zip “{file.name}” has no files in it: choose another.")
    if len(inside) > MAX_PHOTOS:
        raise _too_many(file)
    if sum(info.file_size for info in inside) > MAX_UNPACKED:
        raise FerError(f"The zip “{file.name}” unpacks to more than 1 GB: send fewer photos.")
    return [
        ((*file.parts, *(shown := shown_parts(info))), len(shown), _of_zip(file, info))
        for info in inside
    ]


def shown_parts(info: zipfile.ZipInfo) -> list[str]:
    """The path inside the zip, which tells photos apart, without what would lead out of it.

    It is a name to show and never a place to write to.
    """
    parts = PurePosixPath(info.filename).parts
    return [part for part in parts if part.strip("./")]


def is_offered(info: zipfile.ZipInfo) -> bool:
    """Neither a folder nor what macOS adds to its zips."""
    name = PurePosixPath(info.filename)
    return not info.is_dir() and "__MACOSX" not in name.parts and not name.name.startswith(".")


def _of_zip(file: Path, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def get() -> bytes:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:
            raise _not_unpacked() from error
        with archive:
            return unpacked(archive, info)

    return get


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The file of a photo in a zip; raises `ImageError`."""
    if info.compress_type not in PACKED:
        raise ImageError("The photo is packed in an unusual way: make the zip again.")
    try:
        with archive.open(info) as packed:
            data = packed.read(MAX_BYTES + 1)  # whatever the zip claims, never more
    except MemoryError as error:
        raise ImageError(f"The photo {NO_MEMORY}") from error
    except Exception as error:  # each way of packing has errors of its own
        raise _not_unpacked() from error
    if len(data) > MAX_BYTES:
        raise too_large()
    return data


def _not_unpacked() -> ImageError:
    return ImageError("The photo cannot be unpacked: it is damaged or has a password.")


def too_large() -> ImageError:
    """What to say of a file that is too large to be a photo."""
    return ImageError(f"The photo has more than {MAX_BYTES // 1_000_000} MB: make it smaller.")
