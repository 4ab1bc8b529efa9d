"""How much slower this machine is now than the two cores that limits in seconds are meant for."""

import subprocess
import sys
import time
from functools import cache

IMPORT_SECONDS = 2.0  # that `import torch`, most of a cold start, takes on such a machine


@cache
def slowness() -> float:
    """By how much to multiply a limit: 1 on a machine that is fast enough, or faster."""
    seconds = []
    for _ in range(2):  # the better of two, for something else may be running
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        seconds.append(time.monotonic() - started)
    return max(1.0, min(seconds) / IMPORT_SECONDS)
