"""The program: `fer`, and `python -m fer` alike."""

import signal
import sys

from fer.cli import main


def run() -> int:
    """Run the command line as a process of its own; returns the exit code."""
    if hasattr(signal, "SIGPIPE"):  # end quietly when the reader, such as head, has had enough
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return main()


if __name__ == "__main__":
    sys.exit(run())
