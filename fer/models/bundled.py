"""The models that come with the library, and which one answers where none is named."""

import os
from pathlib import Path

from fer.errors import ModelError

WEIGHTS = Path(__file__).parent.parent / "weights"  # a folder a model
BUNDLED = WEIGHTS / "ensemble-ferplus"
MEMBERS = (WEIGHTS / "ddamfn-ferplus", WEIGHTS / "convnext-ferplus")


def default_model() -> str:
    """What app and command line serve: folder or Hub id in `FER_MODEL`, else the bundled one.

    Raises `ModelError` when that is the bundled one and it is not installed.
    """
    return os.environ.get("FER_MODEL") or str(bundled_model())


def bundled_model() -> Path:
    """The folder of the bundled ensemble; raises `ModelError` when it is not installed."""
    if not all(any(folder.glob("*.safetensors")) for folder in (BUNDLED, *MEMBERS)):
        raise ModelError(
            f"The bundled model is not installed (in {WEIGHTS}): install the package again, or "
            "name a model."
        )
    return BUNDLED
