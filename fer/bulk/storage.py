"""Files on a drive or in an object store: whatever has an address that fsspec knows, as s3://."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from fer.batch import MAX_BYTES, check_bytes, too_large
from fer.errors import FerError, ImageError
from fer.images import read_file, readable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

ADDRESS = re.compile(r"[A-Za-z][\w+.-]+://.+", re.DOTALL)  # no drive of Windows has two letters
BLOCK = 1 << 20  # bytes that are asked for together


class Vanished(FerError):
    """The folder, the drive or the store is gone on which the inputs were."""


def is_address(name: str) -> bool:
    """Whether a name is in a store, and no path."""
    return ADDRESS.fullmatch(name) is not None


def found(address: str) -> Iterator[str]:
    """The addresses of all files below one, or of those that a pattern means, folder by folder."""
    with _said(address):
        store, path = _store(address)
        if store.isfile(path):
            yield store.unstrip_protocol(path)
        elif any(sign in path for sign in "*?["):
            for name, about in sorted(store.glob(path, detail=True).items()):
                if about["type"] == "file":
                    yield store.unstrip_protocol(name)
        else:
            for folder, _, names in store.walk(path):
                for name in sorted(names):
                    yield store.unstrip_protocol(f"{folder.rstrip('/')}/{name}" if name else folder)


def read_photo(path: str) -> bytes:
    """The bytes of a photo's file, which may not be an image.

    Raises `ImageError` where it cannot be had or is too large, `Vanished` where nothing can.
    """
    if not is_address(path):
        check_bytes(Path(path))
        return read_file(path)
    with opened(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise too_large()
    return data


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """A file to read here and there; raises `OSError`, or as `read_photo` of a store."""
    if not is_address(path):
        with Path(path).open("rb") as file:
            yield file
        return
    with _said(path):
        store, name = _store(path)
        remote = cast(BinaryIO, store.open(name, "rb", block_size=BLOCK))
    with remote:
        yield _Reading(remote, path)  # type: ignore[misc]


@contextmanager
def on_the_drive(path: str) -> Iterator[Path]:
    """The file itself, or for the while a copy of what is in a store."""
    if not is_address(path):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / PurePosixPath(path).name
        with opened(path) as file, copy.open("wb") as written:
            shutil.copyfileobj(file, written, BLOCK)
        yield copy


def check(address: str) -> None:
    """Raise `Vanished` where not even the store answers."""
    with suppress(ImageError), _said(address):
        store, path = _store(address)
        store.invalidate_cache()
        store.info(path)


class _Reading:
    """A file in a store, whose own errors say what they mean for a run."""

    def __init__(self, file: BinaryIO, address: str):
        self._file = file
        self._address = address

    def read(self, size: int = -1) -> bytes:
        with _said(self._address):
            return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _store(address: str) -> "tuple[AbstractFileSystem, str]":
    from fsspec.core import url_to_fs  # comes with huggingface_hub

    try:
        return url_to_fs(address)
    except ImportError as error:
        raise FerError(f"{readable(address)} needs a package more: {error}.") from error
    except ValueError as error:
        raise FerError(f"{readable(address)} is in no store that is known: {error}.") from error


@contextmanager
def _said(address: str) -> Iterator[None]:
    """Tell what is wrong with one file from what stops a run: each store has errors of its own."""
    name = readable(PurePosixPath(address).name)
    try:
        yield
    except FerError:
        raise
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ImageError(f"“{name}” does not exist in its store: check the address.") from error
    except PermissionError as error:
        raise ImageError(f"“{name}” may not be read: check your rights in the store.") from error
    except Exception as error:
        raise Vanished(
            f"The store of {readable(address)} does not answer ({type(error).__name__}): check the "
            "connection, then give the same command again, which carries on."
        ) from error
