"""Memory that the server would hold on to."""

import ctypes
import sys
from contextlib import suppress

M_ARENA_MAX = -8  # of glibc's mallopt(3)


def share_arenas() -> None:
    """Let all threads take their memory from two arenas, where the C library is glibc.

    By default there are eight a core, and each keeps what one large photo took.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)
