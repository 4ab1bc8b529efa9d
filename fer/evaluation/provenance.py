"""Where figures come from: the commit of the code, the weights, the versions of what computes."""

import os
import platform
import subprocess
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fer.models.model_folder import ModelFolder
from fer.models.records import Provenance

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("torch", "torchvision", "timm", "scikit-learn")


@cache
def commit() -> str:
    """The commit of the code that is running, with a plus sign when files have changed since, and
    nothing where it is no clone.

    It is looked up once, so that what the program itself writes does not count as a change.
    """

    if not (ROOT / ".git").exists():
        return ""  # installed, maybe within a clone of something else

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout

    return git("rev-parse", "HEAD").strip() + ("+" if git("status", "--porcelain", "-uno") else "")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def hardware() -> str:
    """What this machine computes with, for the cost of a run."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} × {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def provenance(model: ModelFolder, data: str, split: str, faces: str) -> Provenance:
    """Where figures of a model come from that are measured now, on a split of the data so named,
    whose digest is `faces`."""
    return Provenance(
        data=data,
        split=split,
        commit=commit(),
        recipe=model.config.recipe,
        weights=model.weights(),
        date=date.today().isoformat(),
        versions=versions(),
        faces=faces,
        records=model.records(),
    )


def outdated(model: ModelFolder, split: str, source: Provenance) -> str | None:
    """What tells figures that are recorded of a split from those that the model in its folder
    would get; None where nothing does.

    Raises `ModelError` when a file is missing or cannot be read.
    """
    if source.weights != model.weights():
        return "were measured on other weights"
    if not source.faces or not source.records:
        return "are of an older format, which does not say which faces and settings they are of"
    present = model.records()
    if source.records != present:
        names = sorted(name for name, _ in source.records.items() ^ present.items())
        return f"were measured with another {' and '.join(dict.fromkeys(names))}"
    if (source.split, source.recipe) != (split, model.config.recipe):
        return f"say that they are of {source.split} and recipe {source.recipe}"
    return None
