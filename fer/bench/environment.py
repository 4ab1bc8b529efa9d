"""How large the environment is that `make demo` sets up."""

import sys
from collections.abc import Iterator
from pathlib import Path

from fer.bench.machine import size_mb
from fer.bench.records import Outcome, Skipped, measurement

GROUP = "Installed"
SIZE = "environment of make demo"


def size() -> Iterator[Outcome]:
    """The size of this environment, if it is that one: tests and training bring much more."""
    folder = Path(sys.prefix)
    if _is_of_make_demo(folder):
        yield measurement(GROUP, SIZE, [size_mb(folder)], "MB")
    else:
        yield Skipped(GROUP, SIZE, "This environment is not what make demo alone sets up.")


def _is_of_make_demo(folder: Path) -> bool:
    return (folder / "app.stamp").exists() and not (folder / "dev.stamp").exists()
