"""Where the models are."""

import os
from pathlib import Path

BUNDLED = Path(__file__).parent.parent / "weights"


def default_model() -> str:
    """The model folder that app and command line serve: `FER_MODEL`, else the bundled one."""
    return os.environ.get("FER_MODEL") or str(BUNDLED / "ddamfn-ferplus")
