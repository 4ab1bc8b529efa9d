"""Runs that stop before their end, ready to be resumed."""

import math
import os
import time
from collections.abc import Callable

from fer.commands import run_command

RESUMABLE = "Stopped: the same command carries on from the last checkpoint."


class OutOfTime(Exception):
    """The run was asked to stop after so many minutes; its checkpoint is saved."""


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
