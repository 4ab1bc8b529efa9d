"""Runs that stop before their end, ready to be resumed."""

import math
import os
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable

from fer.commands import run_command

RESUMABLE = "Stopped: the same command carries on from the last checkpoint."


class OutOfTime(Exception):
    """The run was asked to stop after so many minutes; its checkpoint is saved."""


def add_run_options(parser: ArgumentParser) -> None:
    """The options that every command has which trains."""
    parser.add_argument(
        "--workers",
        type=_count,
        help="processes that fetch images (else some where there is a GPU)",
    )
    parser.add_argument(
        "--minutes", type=_minutes, default=0.0, help="stop, ready to be resumed, after so long"
    )


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError("must be a whole number, 0 or more")
    return int(text)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 <= minutes < math.inf:
        raise ArgumentTypeError("must be a number of minutes, 0 or more")
    return minutes


def deadline_after(minutes: float) -> float:
    """The time, as `time.monotonic` tells it, at which to stop; 0 minutes set no limit."""
    return time.monotonic() + 60 * minutes if minutes else math.inf


def is_first() -> bool:
    """Whether this is the only process, or the first of all that `torchrun` has started."""
    return os.environ.get("RANK", "0") == "0"


def run_resumable(command: Callable[[], int]) -> int:
    """`run_command` for what the user or the clock may stop and the same command carries on."""
    try:
        return run_command(command, "train", RESUMABLE)
    except OutOfTime:
        if is_first():
            print("Stopped, for its minutes are over: the same command carries on.")
        return 0
