"""The models that come with the library, by name, and which one answers where none is named."""

import os
from pathlib import Path

from fer.errors import ModelError

WEIGHTS = Path(__file__).parent.parent / "weights"  # a folder a model
ENSEMBLE, FAST = "ensemble", "fast"
BUNDLES = {
    ENSEMBLE: WEIGHTS / "ensemble-ferplus",  # the most accurate
    FAST: WEIGHTS / "face-resnet-ferplus",  # the most accurate single network for its time
}
BUNDLED = BUNDLES[ENSEMBLE]


def default_model() -> str:
    """What app and command line serve: folder, Hub id or bundle in `FER_MODEL`, else the ensemble.

    Raises `ModelError` when that is the bundled one and it is not installed.
    """
    return os.environ.get("FER_MODEL") or str(bundled_model())


def bundled_model(name: str = ENSEMBLE) -> Path:
    """The folder of one of `BUNDLES`; raises `ModelError` when it is not installed."""
    folder = BUNDLES[name]
    if not all(map(_holds_weights, (folder, *_members(folder)))):
        raise ModelError(
            f"The bundled model is not installed (in {WEIGHTS}): install the package again, or "
            "name a model."
        )
    return folder


def _members(folder: Path) -> list[Path]:
    from fer.models.config import EnsembleConfig, read_config  # imports numpy

    config = read_config(folder) if folder.is_dir() else None
    return [folder / name for name in config.members] if isinstance(config, EnsembleConfig) else []


def _holds_weights(folder: Path) -> bool:
    return any(folder.glob("*.safetensors"))
