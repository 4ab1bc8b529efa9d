"""Environments of Python with one package and what it needs, made to be measured."""

import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from fer.bench.machine import ROOT
from fer.errors import FerError

PARTS = ("pyproject.toml", "README.md", "LICENSE", "fer")  # what this project's wheel is made of


class NotInstalled(FerError):
    """The package index has not what is asked for, or not for this Python."""


def make(folder: Path, requirements: Sequence[str]) -> Path:
    """Make an environment anew; returns its Python. Raises `NotInstalled`."""
    venv.create(folder, clear=True, symlinks=True)
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
    done = subprocess.run(
        [*(command if uv.exists() else pip), *requirements], capture_output=True, text=True
    )
    if done.returncode:
        raise NotInstalled(last_line(done.stderr))
    return python


def make_ours(folder: Path) -> Path:
    """The same of this project, as a user installs it."""
    with tempfile.TemporaryDirectory() as copy:  # a build leaves files behind
        for name in PARTS:
            source, target = ROOT / name, Path(copy) / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        return make(folder, [copy])


def last_line(text: str) -> str:
    """What an error comes down to."""
    return (text.strip().splitlines() or ["It ended without a word."])[-1].strip()
