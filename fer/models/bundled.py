"""Where the models are."""

import os
from pathlib import Path

from fer.errors import HubUnreachable
from fer.recognizer import Recognizer, load

WEIGHTS = Path(__file__).parent.parent / "weights"
BUNDLED = str(WEIGHTS / "ensemble-ferplus")


def default_model() -> str:
    """What app and command line serve: folder or Hub id in `FER_MODEL`, else the bundled one."""
    return os.environ.get("FER_MODEL") or BUNDLED


def open_or_bundled(model: str) -> tuple[Recognizer, str | None]:
    """A model, or the bundled one while the Hub cannot be reached and the cache lacks it.

    Also returns a sentence for the user when it is the bundled one instead.
    """
    try:
        return load(model), None
    except HubUnreachable as error:
        return load(BUNDLED), f"The bundled model answers in place of {model}. {error}"
