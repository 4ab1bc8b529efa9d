"""Files that visitors send: each in a folder of its own, and erased as soon as it has been read."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from fer.errors import FerError

MAX_FILE_SIZE = "200mb"  # of one upload; gradio refuses larger ones
NOT_UPLOADED = "No file was uploaded: add one first."
UNREAD_SECONDS = 50  # after which nobody is going to read a file

_being_read: set[Path] = set()


@contextmanager
def taken(upload: Any) -> Iterator[Path]:
    """The file that the page or an API caller uploaded, for as long as the block lasts.

    Raises `FerError` for anything else: through the API anybody can name any file of the server.
    """
    name = upload.get("path") if isinstance(upload, dict) else None
    if not isinstance(name, str) or "\0" in name:
        raise FerError(NOT_UPLOADED)
    path = Path(name).resolve()
    if not path.is_relative_to(Path(os.environ["GRADIO_TEMP_DIR"]).resolve()) or not path.is_file():
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
    with ExitStack() as stack:
        yield [stack.enter_context(taken(upload)) for upload in sent or []]


def erase_unread() -> None:
    """Erase what nobody came to read, such as the copies that gradio's MCP server makes.

    Gradio's own `delete_cache` would take the photos of a long batch away before they are read.
    """
    folder = os.environ.get("GRADIO_TEMP_DIR")
    if folder is None:
        return  # without a folder of one's own the files may be those of other programs
    for place, _, names in os.walk(Path(folder).resolve()):
        for path in (Path(place, name) for name in names):
            with suppress(FileNotFoundError):
                old = time.time() - path.stat().st_mtime > UNREAD_SECONDS
                if old and path not in _being_read:
                    _erase(path)


def _erase(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
