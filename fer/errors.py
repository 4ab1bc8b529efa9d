"""Errors that the user can act on: each message is one sentence on what is wrong and what to do."""


class FerError(Exception):
    """Anything wrong with what the user gave; app and command line show the message as it is."""


class ImageError(FerError):
    """A photo that cannot be read or that is too large."""


class ModelError(FerError):
    """A model folder that cannot be loaded."""


class DataError(FerError):
    """A data set that cannot be used."""
