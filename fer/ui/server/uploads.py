"""Files that visitors send: each in a folder of its own, and erased as soon as it has been read."""

import base64
import mimetypes
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer.errors import FerError

MAX_FILE_SIZE = "200mb"  # of one upload; gradio refuses larger ones
UNCLAIMED_SECONDS = 5 * 60  # that an upload lies there before anybody asks about it

NOT_UPLOADED = "No file was uploaded: add one first."
NO_LINKS = "Links and data: addresses are not followed here: upload the file and send its path."
NO_LIST = "Several files come as a list: put them into [ ], even a single one."
DISK_FULL = "The server’s disk is full: try again in some minutes."
NO_ADDRESS = "A file is given as a data: address in base64, such as data:image/jpeg;base64,…"


@dataclass(frozen=True)
class _Seen:
    """A file as the last look at it has found it."""

    written: int  # when, in nanoseconds: it tells whether somebody has written since, not its age
    unneeded_since: float
    claimed: bool  # a request had named it


# The files that the request at hand has begun to send.
_begun: ContextVar[list[Path] | None] = ContextVar("begun", default=None)
_being_read: set[Path] = set()
_seen: dict[Path, _Seen] = {}


@contextmanager
def whole_or_none() -> Iterator[None]:
    """Erase at the end of the block what a request has begun to send and not brought to an end."""
    token = _begun.set([])
    try:
        yield
    finally:
        for path in _begun.get() or []:  # a whole file has got another name
            path.unlink(missing_ok=True)
        _begun.reset(token)


def begin(path: Path) -> None:
    """Say that the request at hand sends a file, which is written here for now."""
    begun = _begun.get()
    if begun is not None:
        begun.append(path)


@contextmanager
def taken(upload: Any) -> Iterator[Path]:
    """The file that the page or an API caller uploaded, for as long as the block lasts.

    Raises `FerError` for anything else: through the API anybody can name any file of the server.
    """
    name = upload.get("path") if isinstance(upload, dict) else None
    if isinstance(name, str) and name.lower().startswith(("data:", "http:", "https:")):
        raise FerError(NO_LINKS)
    path = next(named([upload]), None)
    if path is None or not path.is_file():
        raise FerError(NOT_UPLOADED)
    _being_read.add(path)
    try:
        yield path
    finally:
        _being_read.discard(path)
        _erase(path)


@contextmanager
def all_taken(sent: Any) -> Iterator[list[Path]]:
    """The same for a list of uploads."""
    if not isinstance(sent, list | None):
        raise FerError(NO_LIST)
    with ExitStack() as stack:
        yield [stack.enter_context(taken(upload)) for upload in sent or []]


def named(inputs: Iterable[Any]) -> Iterator[Path]:
    """The places of uploaded files that the inputs of a request name, there or not."""
    folder = _folder()
    for one in inputs:
        for upload in one if isinstance(one, list) else [one]:
            name = upload.get("path") if isinstance(upload, dict) else None
            if folder and isinstance(name, str):
                with suppress(OSError, ValueError):  # no name that a file can have
                    path = Path(name).resolve()
                    if path.is_relative_to(folder):
                        yield path


def keep(address: str, name: str) -> dict[str, Any]:
    """Put the file of a `data:` address there like an upload; how a request names it.

    `name` is all but the ending of the file's. Raises `FerError` for another address, and when
    there is no room.
    """
    kind, _, text = address.partition(";base64,")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise FerError(NO_ADDRESS) from error
    if not data or not kind.startswith("data:"):
        raise FerError(NO_ADDRESS)
    ending = mimetypes.guess_extension(kind.removeprefix("data:")) or ""
    path = Path(tempfile.mkdtemp(dir=_folder()), name + ending)
    try:
        path.write_bytes(data)
    except OSError as error:
        _erase(path)
        raise FerError(DISK_FULL) from error
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def erase_unneeded(awaited: set[Path]) -> None:
    """Erase what nobody needs, where `awaited` are the files that a waiting request names.

    A file stays while it is read, awaited or written; then it goes if a request had named it, which
    was cancelled, and else when nobody has come to name it for `UNCLAIMED_SECONDS`. Gradio's own
    `delete_cache` would take the photos of a long batch away before they are read.
    """
    folder = _folder()
    if folder is None:
        return  # without a folder of one's own the files may be those of other programs
    now = time.monotonic()  # the clock on the wall may jump
    before = _seen.copy()
    _seen.clear()
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with suppress(OSError):  # it is gone, or cannot go yet
                written = path.stat().st_mtime_ns
                seen = before.get(path)
                if path in _being_read or path in awaited:
                    _seen[path] = _Seen(written, now, claimed=True)
                elif seen is None or seen.written != written:
                    _seen[path] = _Seen(written, now, claimed=False)
                elif seen.claimed or now - seen.unneeded_since > UNCLAIMED_SECONDS:
                    _erase(path)
                else:
                    _seen[path] = seen


def _folder() -> Path | None:
    folder = os.environ.get("GRADIO_TEMP_DIR")
    return Path(folder).resolve() if folder else None


def _erase(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
