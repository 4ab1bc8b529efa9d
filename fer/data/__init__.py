"""Labelled faces from disk or the Hub: images, labels in this project's order, raters' votes."""

from fer.data.faces import LabelledFaces
from fer.data.load import load_split

__all__ = ["LabelledFaces", "load_split"]
