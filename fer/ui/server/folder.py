"""The folder for visitors' files: each running app has one, which goes when the app ends.

Where the app was killed, nothing could erase it; the next app that starts does.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where the folder of a killed app stays
    fcntl = None  # type: ignore[assignment]

PREFIX = "fer-uploads-"


def own() -> str:
    """A new folder, until this process ends; folders that dead apps have left are erased."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        lock = _lock(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(lock)
    folder = tempfile.mkdtemp(prefix=PREFIX)
    _lock(Path(folder))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _lock(folder: Path) -> int | None:
    """The file descriptor that locks the folder; None where a running app has locked it.

    The system takes the lock back when the process ends, however it does.
    """
    if fcntl is None or folder.is_symlink():
        return None
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return None  # somebody else's
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
