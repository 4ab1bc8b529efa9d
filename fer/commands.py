"""How every command line ends: with an exit code, and what is wrong in one sentence."""

import codecs
import errno
import io
import sys
from argparse import ArgumentParser
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

# What the user can mend when a file cannot be written: a full disk, a place that is forbidden or
# taken.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR)  # a file for a folder, or the reverse
MENDED = {
    NO_ROOM: "free some space",
    FORBIDDEN: "choose a place that is yours",
    IN_THE_WAY: "choose another place",
}


def run_command(
    command: Callable[[], int], extra: str | None = None, stopped: str = "Stopped."
) -> int:
    """Run what a command line does and return its exit code: 2 after a `FerError`, which is said,
    130 after Ctrl+C.

    One way for all commands, so that whatever the user can mend is one sentence. `extra` is what
    the command needs to be installed, `stopped` what Ctrl+C is answered.
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
    except KeyboardInterrupt:
        print(stopped, file=sys.stderr)
        return 130
    except OSError as error:
        mend = next((said for numbers, said in MENDED.items() if error.errno in numbers), None)
        if mend is None:
            raise
        what = error.filename or "A file"
        print(
            f"{what} cannot be used ({error.strerror}): {mend} and start the same command again.",
            file=sys.stderr,
        )
    return 2


def add_recognizer_options(parser: ArgumentParser) -> None:
    """The options that say which model reads photos, and what these are."""
    parser.add_argument(
        "--model",
        help="ensemble or fast, a model folder or a Hub id; without it FER_MODEL or the ensemble",
    )
    parser.add_argument(
        "--aligned", action="store_true", help="the photos are face crops: skip detection"
    )


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
