"""Files that are there whole or not at all, whenever the process or the machine stops."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from fer.errors import FerError


def write_whole(
    path: Path, write: Callable[[BinaryIO], object], beside: Path | None = None
) -> None:
    """Write a file under another name, see it onto the disk, and only then give it its name.

    It is written in the folder `beside` or else its own. Raises `FerError` where that cannot be.
    """
    partial = (beside or path.parent) / f".{path.name}.{os.getpid()}"
    try:
        with partial.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise FerError(
            f"{path} cannot be written ({error.strerror}): mend that, such as by making room, then "
            "give the same command again, which carries on."
        ) from error


def _sync_folder(folder: Path) -> None:
    """See a new name onto the disk; only POSIX opens folders for that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
