"""The library's version, written into every model folder."""

__version__ = "0.1.0"
