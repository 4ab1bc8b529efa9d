"""Facial expressions in photos: emotions, sentiment, valence and what the model looked at.

import fer
for face in fer.load("fer/weights/ensemble-ferplus")("photo.jpg"):
    print(face.box, face.emotion, face.valence)
"""

from fer.errors import (
    DataError,
    FerError,
    HubError,
    HubUnreachable,
    ImageError,
    ModelError,
    VideoError,
)
from fer.recognizer import Face, Recognizer, load
from fer.version import __version__

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
    "load",
]
