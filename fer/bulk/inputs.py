"""What a user names, found file by file: folders, globs, zips, lists, parquet, films, stores.

Nothing is read of a photo; of what holds several the directory is, to count them.
"""

import glob
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fer.bulk import storage
from fer.errors import FerError
from fer.images import readable

PHOTOS = {
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".avif", ".heic", ".heif", ".hif", ".mpo"),
}
FILMS = {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}
CONTAINERS = {".zip": "zip", ".parquet": "parquet", **dict.fromkeys(FILMS, "film")}
LIST = ".txt"
HUB = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+)(?:@([\w./-]+))?/?")
HUB_FILE = re.compile(r"hf://datasets/([^@]+)@([^/]+)/(.+)")  # as results call it
STDIN = "-"
SLASH = r"[/\\]" if os.sep == "\\" else "/"
BELOW = re.compile(rf"(?:^|(?<={SLASH}))\*\*(?:{SLASH}+|$)")
Place = tuple[int, int]  # device and inode of a folder


@dataclass(frozen=True)
class File:
    """One file to read: a "photo", "zip", "parquet" or "film", or a "folder" that cannot be."""

    kind: str
    path: str
    source: str  # how results call it
    root: str | None = None  # the folder that was gone through, or else the one that it is in
    named: bool = False  # by the user, and not found


@dataclass
class LeftOut:
    """Files in folders that are neither photos nor hold any."""

    count: int = 0
    first: str = ""

    def add(self, name: str) -> None:
        """One more."""
        self.first = self.first or readable(name)
        self.count += 1


def find(inputs: list[str], left_out: LeftOut) -> Iterator[File]:
    """The files of all inputs, always in the same order; adds to `left_out` what is none of them.

    Raises `FerError` for an input that is not there.
    """
    for name in inputs:
        if name == STDIN:
            yield from _listed(map(os.fsdecode, sys.stdin.buffer), left_out)
        elif hub := HUB.fullmatch(name):
            yield from _on_the_hub(hub[1], hub[2], left_out)
        elif storage.is_address(name):
            yield from _in_a_store(name, left_out)
        elif os.path.lexists(name):
            yield from _named(name, left_out)
        else:
            found = sorted(set(_matching(name)))
            if not found:
                raise FerError(f"{readable(name)} does not exist: check the name and the folder.")
            yield from _matched(found, left_out)


def _named(name: str, left_out: LeftOut) -> Iterator[File]:
    if Path(name).is_dir():
        yield from _folder(name, name, left_out)
    elif Path(name).suffix.lower() == LIST:
        try:
            with Path(name).open(encoding="utf-8-sig", errors="surrogateescape") as lines:
                yield from _listed(lines, left_out)
        except OSError as error:
            raise FerError(
                f"The list {readable(name)} cannot be read: check its name and your permissions."
            ) from error
    else:
        yield _file(name, named=True)


def _matching(pattern: str) -> Iterator[str]:
    """What a pattern matches, maybe twice; `**` follows links, but into no folder again."""
    before, *after = BELOW.split(pattern, maxsplit=1)
    if not after:
        yield from glob.iglob(pattern)  # noqa: PTH207 (names stay as they are)
        return
    for top in glob.iglob(before) if before else [""]:  # noqa: PTH207
        if top and not after[0]:
            yield top
            continue
        seen = _above(top or ".")
        folders = dict.fromkeys(_below(top, seen))
        for folder in folders:
            for name in _matching(glob.escape(folder) + (after[0] or "*")):
                # A link in a circle stands for what has a name already.
                if (
                    f"{name}{os.sep}" in folders
                    or not Path(name).is_dir()
                    or _place(name) not in seen
                ):
                    yield name


def _below(folder: str, seen: set[Place]) -> Iterator[str]:
    """A folder, "" or with a slash at its end, and those in it that are not hidden."""
    try:
        if _place(folder or ".") in seen:
            return
        seen.add(_place(folder or "."))
        names = sorted(os.listdir(folder or "."))  # noqa: PTH208
    except OSError:
        return
    yield folder
    for name in names:
        if not name.startswith(".") and Path(folder, name).is_dir():
            yield from _below(f"{folder}{name}{os.sep}", seen)


def _matched(names: list[str], left_out: LeftOut) -> Iterator[File]:
    """What a pattern stands for: no file twice through folders that match, or links to folders."""
    walked: set[Place] = set()
    parents: dict[Place, str] = {}
    for name in names:
        parent, _ = os.path.split(name)
        if Path(name).is_dir():
            yield from _folder(name, name, left_out, walked)
            continue
        place = _place(parent or ".")
        if place not in walked and parents.setdefault(place, parent) == parent:
            for file in _named(name, left_out):
                yield replace(file, named=False)


def _listed(lines: Iterator[str], left_out: LeftOut) -> Iterator[File]:
    """Paths, one a line; what is not there is a photo that cannot be read."""
    for line in lines:
        name = line.rstrip("\r\n")
        if not name.strip():
            continue
        if Path(name).is_dir():
            yield from _folder(name, name, left_out)
        else:
            yield _file(name)


def _file(
    name: str, source: str | None = None, root: str | None = None, named: bool = False
) -> File:
    kind = CONTAINERS.get(PurePosixPath(name).suffix.lower(), "photo")
    if root is None:
        parent = os.path.split(name)[0] or "."
        root = parent if Path(parent).is_dir() else None
    return File(kind, name, readable(source or name), root, named)


def _place(folder: str) -> Place:
    """The folder itself, whichever way led to it."""
    status = Path(folder).stat()
    return status.st_dev, status.st_ino


def _above(folder: str) -> set[Place]:
    """The folders that a folder is in: a link back to one of them leads in a circle."""
    return {_place(str(parent)) for parent in Path(folder).resolve().parents}


def _folder(
    folder: str, source: str, left_out: LeftOut, walked: set[Place] | None = None
) -> Iterator[File]:
    """Every file in a folder and those below it, through links too but into no folder twice.

    `walked` are folders that were gone through already, to which these are added.
    """
    seen, above = set() if walked is None else walked, _above(folder)

    def walk(place: str) -> Iterator[File]:
        try:
            if _place(place) in above or _place(place) in seen:
                return
            seen.add(_place(place))
            names = sorted(os.listdir(place))  # noqa: PTH208 (names alone are needed)
        except OSError:
            yield File("folder", place, readable(source + place[len(folder) :]))
            return
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 (keeps what the user wrote)
            if name.startswith(".") or name == "__MACOSX":
                continue
            if Path(path).is_dir():
                yield from walk(path)
            elif Path(name).suffix.lower() in PHOTOS | CONTAINERS.keys():
                yield _file(path, source + path[len(folder) :], root=folder)
            else:
                left_out.add(path)

    yield from walk(folder)


def _in_a_store(address: str, left_out: LeftOut) -> Iterator[File]:
    none = True
    for one in storage.found(address):
        none = False
        path = PurePosixPath(one)
        if path.suffix.lower() in PHOTOS | CONTAINERS.keys() and path.name[0] != ".":
            yield _file(one)
        else:
            left_out.add(one)
    if none:
        raise FerError(f"{readable(address)} does not exist: check the address.")


def _on_the_hub(repo: str, revision: str | None, left_out: LeftOut) -> Iterator[File]:
    """The files of a data set on the Hub, which go into its cache, of one exact commit."""
    from huggingface_hub import snapshot_download

    from fer.models.hub import asked

    with asked(repo, "data set", revision):
        folder = snapshot_download(repo, repo_type="dataset", revision=revision)
    yield from _folder(folder, f"hf://datasets/{repo}@{Path(folder).name}", left_out)
