"""The models that come with the library."""

import os
from pathlib import Path

WEIGHTS = Path(__file__).parent.parent / "weights"  # a folder a model
BUNDLED = WEIGHTS / "ensemble-ferplus"


def default_model() -> str:
    """What app and command line serve: folder or Hub id in `FER_MODEL`, else the bundled one."""
    return os.environ.get("FER_MODEL") or str(BUNDLED)
