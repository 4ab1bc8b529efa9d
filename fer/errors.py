"""Errors that the user can act on: each message is one sentence on what is wrong and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 2000  # characters of a message

# What to say of a file, or of “This”.
NO_MEMORY = "needs more memory than there is: make it smaller, or try again later."


class FerError(Exception):
    """Anything wrong with what the user gave; app and command line show the message as it is.

    What a file or its author put into the message stays text on one line: line breaks and what
    terminals take as orders are shown by their codes, and the middle of a long one is left out.
    """

    def __str__(self) -> str:
        text = super().__str__()
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class ImageError(FerError):
    """A photo that cannot be read or that is too large."""


class VideoError(FerError):
    """A clip that cannot be read or that is too long."""


class ModelError(FerError):
    """A model folder that cannot be loaded."""


class GraphError(ModelError):
    """A model folder whose graph cannot be used, or that has none."""


class EngineError(FerError):
    """No engine, or not the one that is wanted, can run the networks."""


class HubError(ModelError):
    """A model on the Hub that cannot be had."""


class HubUnreachable(HubError):
    """The Hub does not answer or breaks off, and the cache does not hold the model."""


class DataError(FerError):
    """A data set that cannot be used."""


class MissingExtra(FerError):
    """A package is not installed that comes with one of the project's extras."""

    def __init__(self, error: ModuleNotFoundError, extra: str):
        super().__init__(
            f"{error.name} is not installed: run pip install '.[{extra}]' in the project's folder."
        )


def full_stop(text: object) -> str:
    """What an error says, with one full stop at its end."""
    return f"{str(text).rstrip('. ')}."


@contextmanager
def memory_said() -> Iterator[None]:
    """Turn the end of memory inside the block into a `FerError`."""
    try:
        yield
    except MemoryError as error:
        raise FerError(f"This {NO_MEMORY}") from error


def check_no_other_fer() -> None:
    """Raise `FerError` where the package that PyPI calls `fer` lies in the same folder as this.

    Both have an `__init__.py`: whichever came last has replaced the other's.
    """
    if Path(__file__).with_name("fer.py").exists():  # which only the other has
        raise FerError(
            "Another package “fer” was installed over fer-toolkit, or the other way round, and "
            "their files are mixed: run pip uninstall fer fer-toolkit, then install each into an "
            "environment of its own."
        )
