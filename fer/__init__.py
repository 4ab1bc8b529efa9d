"""Facial expressions in photos: emotions, sentiment, valence and what the model looked at."""

__version__ = "0.1.0"
