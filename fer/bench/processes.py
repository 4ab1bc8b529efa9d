"""How long a user waits for a command that has just been typed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fer.bench import clock
from fer.bench.machine import ROOT
from fer.bench.plan import Plan
from fer.bench.records import Measurement, measurement
from fer.errors import FerError

GROUP = "Start of a process"
SUBCOMMANDS = ((), ("batch",), ("report",), ("import",), ("export",), ("bench",))  # of `fer`


def imports(plan: Plan) -> Iterator[Measurement]:
    """A process that imports the package, and one that imports all of it that an answer needs."""
    yield _measured("import fer", [sys.executable, "-c", "import fer"], plan)
    yield _measured("import fer; fer.load", [sys.executable, "-c", "import fer; fer.load"], plan)


def helps(plan: Plan) -> Iterator[Measurement]:
    """`--help` of every command, those of a clone too."""
    for words in SUBCOMMANDS:
        yield _help("fer", "fer", *words, plan=plan)
    for module in clone_commands(ROOT):
        yield _help(f"python -m {module}", module, plan=plan)


def cold_photo(photo: Path, plan: Plan) -> Iterator[Measurement]:
    """A photo answered by a process of its own."""
    yield _measured("fer photo.jpg", [sys.executable, "-m", "fer", str(photo)], plan)


def clone_commands(root: Path) -> list[str]:
    """The modules of a clone that are commands; none where the package is installed."""
    if not (root / "pyproject.toml").is_file():
        return []
    files = [*sorted(root.glob("benchmarks/*.py")), *sorted(root.glob("train/[!_]*.py"))]
    commands = [path for path in files if "sys.exit(main" in path.read_text(encoding="utf-8")]
    return [*(f"{path.parent.name}.{path.stem}" for path in commands), "model_cards"]


def environment() -> dict[str, str]:
    """This process's, but one that lets Python keep what it has compiled and names no model."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "FER_MODEL")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def _help(name: str, module: str, *words: str, plan: Plan) -> Measurement:
    what = " ".join([name, *words, "--help"])
    return _measured(what, [sys.executable, "-m", module, *words, "--help"], plan)


def _measured(what: str, command: list[str], plan: Plan) -> Measurement:
    """How long a command takes whose code is compiled: its first run is not counted."""
    values = [clock.seconds(lambda: _run(command)) for _ in range(plan.processes + 1)]
    return measurement(GROUP, what, values[1:], "s")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise FerError(f"{' '.join(command)} failed: {said[-1]}")
