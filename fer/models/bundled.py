"""Where the bundled model is, and which model answers where none is named."""

import os
from pathlib import Path

from fer.errors import ModelError

WEIGHTS = Path(__file__).parent.parent / "weights"
BUNDLED = str(WEIGHTS / "ensemble-ferplus")
FOLDERS = ("ensemble-ferplus", "ddamfn-ferplus", "convnext-ferplus")  # it and its members


def default_model() -> str:
    """What answers where no model is named: folder or Hub id in `FER_MODEL`, else the bundled one.

    Raises `ModelError` when that is the bundled one and it is not installed.
    """
    return os.environ.get("FER_MODEL") or bundled_model()


def bundled_model() -> str:
    """The folder of the bundled model; raises `ModelError` when it is not installed."""
    if not all(any((WEIGHTS / name).glob("*.safetensors")) for name in FOLDERS):
        raise ModelError(
            f"The bundled model is not installed (in {WEIGHTS}): install the package again, or "
            "name a model."
        )
    return BUNDLED
