"""Facial expressions in photos: emotions, sentiment, valence and what the model looked at.

import fer
for face in fer.load()("photo.jpg"):
    print(face.box, face.emotion, face.valence)
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from fer.errors import (
    DataError,
    FerError,
    HubError,
    HubUnreachable,
    ImageError,
    ModelError,
    VideoError,
)
from fer.version import __version__

# Read by OpenMP when torch is imported. A thread that waits for the others spins for so long, then
# sleeps: by default it spins much longer, which beside other busy processes takes many times as
# long as the work itself.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

if TYPE_CHECKING:
    from fer import batch, images, labels, video
    from fer.face import Face
    from fer.recognizer import Recognizer, load

__all__ = [
    "DataError",
    "Face",
    "FerError",
    "HubError",
    "HubUnreachable",
    "ImageError",
    "ModelError",
    "Recognizer",
    "VideoError",
    "__version__",
    "batch",
    "images",
    "labels",
    "load",
    "video",
]


def __getattr__(name: str) -> Any:
    """What needs torch or pandas is imported when it is first asked for (PEP 562)."""
    if name in ("Face", "Recognizer", "load"):
        return getattr(importlib.import_module("fer.recognizer"), name)
    if name in ("batch", "images", "labels", "video"):
        return importlib.import_module(f"fer.{name}")
    raise AttributeError(f"module 'fer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
