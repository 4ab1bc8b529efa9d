"""How many cores this process may keep busy: what shares them divides them with this."""

import os

SHARE = "FER_CORES"  # set by whoever starts several processes on one machine


def cores() -> int:
    """All that the system lets this process use, or its share."""
    share = os.environ.get(SHARE, "")
    if share.isdecimal() and int(share):
        return int(share)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
