"""Where figures come from: the commit of the code, the weights, the versions of what computes."""

import json
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from fer.models import ensemble
from fer.models.hub import PINNED
from fer.models.model_folder import WEIGHTS, sha256

TRAINING = "training.json"  # in a model folder: recipe, course and cost of its run
PACKAGES = ("torch", "torchvision", "timm", "scikit-learn")


@cache
def commit() -> str:
    """The commit of the code that is running, with a plus sign when files have changed since.

    It is looked up once, so that what the program itself writes does not count as a change.
    """

    def git(*words: str) -> str:
        root = Path(__file__).parent.parent.parent
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout

    return git("rev-parse", "HEAD").strip() + ("+" if git("status", "--porcelain", "-uno") else "")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def hardware() -> str:
    """What this machine computes with, for the cost of a run."""
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} × {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def training_record(folder: Path) -> dict[str, Any]:
    """What a model folder says of its training; empty where it says nothing."""
    path = folder / TRAINING
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def weights(folder: Path) -> dict[str, str]:
    """The SHA-256 of every weights file that a model or ensemble folder answers with, by name."""
    names = [ensemble.weights_file(folder)]
    if ensemble.is_ensemble(folder):
        # A member on the Hub is named by its commit, which says which weights they are.
        members = ensemble.read_config(folder).members
        names += [f"{member}/{WEIGHTS}" for member in members if not PINNED.fullmatch(member)]
    return {name: sha256(folder / name) for name in names}
