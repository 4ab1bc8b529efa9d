"""A checkpoint's tensors, read by a process of its own with bounds on its memory and time.

A pickle of a few bytes can ask for gigabytes or for years. Whatever it asks for, that process ends,
and nothing of it stays here.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fer.errors import ModelError
from fer.models.upstream.safe_unpickler import read_checkpoint

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 1_000_000_000  # of a file: ten times as much as upstream's largest
MEMORY = 1_000_000_000  # bytes, beside what the file itself takes twice
SECONDS = 30  # of computing; a checkpoint takes about one
PATIENCE = 20  # times as long by the clock, where other programs compute too

REFUSED = 2  # exit code after a sentence


def read_tensors(checkpoint: Path) -> "dict[str, Tensor]":
    """The tensors of a checkpoint by name, without running anything in it.

    Raises `ModelError` when it has none, asks for anything beyond, or for too much memory or time.
    """
    from safetensors.torch import load_file

    if not checkpoint.exists():
        raise ModelError(f"There is no checkpoint {checkpoint}: check the path.")
    if not checkpoint.is_file():
        raise ModelError(f"{checkpoint} is no file: give upstream's .pth file.")
    size = checkpoint.stat().st_size
    if size > MOST_BYTES:
        raise ModelError(f"{checkpoint} is too large to be one of upstream's checkpoints.")
    with TemporaryDirectory(prefix="fer-") as folder:
        tensors = Path(folder) / "tensors.safetensors"
        given = (str(checkpoint), str(tensors), str(MEMORY + 2 * size), str(SECONDS))
        with suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                [sys.executable, "-m", __name__, *given],
                capture_output=True,
                timeout=SECONDS * PATIENCE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
            if done.returncode == 0:
                return load_file(tensors)
            if done.returncode == REFUSED:
                raise ModelError(os.fsdecode(done.stdout))
    raise ModelError(
        f"{checkpoint} asks for more memory or time than a checkpoint needs: do not use this file."
    )


def main(checkpoint: str, out: str, memory: str, seconds: str) -> int:
    """Write a checkpoint's tensors as safetensors, within so many bytes and seconds."""
    from safetensors.numpy import save_file

    _limit(int(memory), int(seconds))
    try:
        save_file(read_checkpoint(Path(checkpoint)), out)
        return 0
    except ModelError as error:
        sys.stdout.buffer.write(os.fsencode(str(error)))
        return REFUSED


def _limit(memory: int, seconds: int) -> None:
    """Bound what this process may still take; Windows has no such bounds, macOS not on memory."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        computed = int(time.process_time()) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (computed + seconds, computed + seconds))
        resource.setrlimit(resource.RLIMIT_FSIZE, (memory, memory))
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        room = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (room, room))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
