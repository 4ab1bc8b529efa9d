"""How every command line ends: with an exit code, and what is wrong in one sentence."""

import codecs
import io
import sys
from collections.abc import Callable

from fer.errors import FerError, MissingExtra, check_no_other_fer, memory_said

# For terminals and redirections that know few characters; of all others they get a ?.
PLAIN = {
    "█": "#",
    "✓": "ok",
    "✗": "x",
    "“": '"',
    "”": '"',
    "’": "'",
    "–": "-",
    "−": "-",
    "…": "...",
}


def run_command(command: Callable[[], int], extra: str | None = None) -> int:
    """Run what a command line does and return its exit code: 2 after a `FerError`, which is said.

    One way for all commands, so that whatever the user can mend is one sentence. `extra` is what
    the command needs to be installed.
    """
    _write_whatever_they_know(sys.stdout, sys.stderr)
    try:
        check_no_other_fer()
        with memory_said():
            return command()
    except FerError as error:
        print(error, file=sys.stderr)
    except ModuleNotFoundError as error:
        if extra is None:
            raise
        print(MissingExtra(error, extra), file=sys.stderr)
    return 2


def _write_whatever_they_know(*streams: object) -> None:
    """Characters that a stream's encoding does not have are no reason to fail."""
    codecs.register_error("plain", _plainly)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):  # a notebook's is not
            stream.reconfigure(errors="plain")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    unknown = error.object[error.start : error.end]
    return "".join(PLAIN.get(character, "?") for character in unknown), error.end
