"""What may be lost at any time, kept from one start to the next in the user's cache."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

DIGEST = 32  # bytes


def cache_folder() -> Path:
    """Where all of it lies; raises `RuntimeError` for a user without a home."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fer-toolkit"


class Kept:
    """Files of bytes by name in a folder of the cache, the latest `most` of them.

    A cache that cannot be written is none, and a file that was damaged is not there.
    """

    def __init__(self, folder: str, most: int):
        self._folder = folder
        self._most = most

    def get(self, name: str) -> bytes | None:
        """What was kept under a name."""
        with suppress(OSError, RuntimeError):
            content = (cache_folder() / self._folder / name).read_bytes()
            if sha256(content[DIGEST:]).digest() == content[:DIGEST]:
                return content[DIGEST:]
        return None

    def put(self, name: str, content: bytes) -> None:
        """Keep something; whoever reads meanwhile sees all of it or nothing."""
        with suppress(OSError, RuntimeError):
            folder = cache_folder() / self._folder
            folder.mkdir(parents=True, exist_ok=True)
            partial = folder / f"{name}.{os.getpid()}"
            partial.write_bytes(sha256(content).digest() + content)
            partial.replace(folder / name)
            by_age = sorted(folder.iterdir(), key=lambda path: -path.stat().st_mtime)
            for path in by_age[self._most :]:
                path.unlink(missing_ok=True)
