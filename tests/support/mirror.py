"""olah, an independent Hub server, over the git repositories of the loopback hub."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub import free_port

START_SECONDS = 120  # a cold disk under a busy CPU

CONFIG = """
[basic]
host = "127.0.0.1"
port = {port}
repos-path = "{folder}/cache"
mirrors-path = ["{repositories}"]

[accessibility]
offline = true
"""


@contextmanager
def serve(repositories: Path, folder: Path) -> Iterator[str]:
    """Run olah for downloads, in a folder of its own; yields its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = folder / "olah.toml"
    config.write_text(CONFIG.format(port=port, folder=folder, repositories=repositories))
    command = [sys.executable, "-m", "olah.server", "--config", str(config)]
    with (folder / "log").open("w+") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            end = time.monotonic() + START_SECONDS
            while not _answers(url):
                if server.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    raise RuntimeError(f"olah did not start:\n{log.read()}")
                time.sleep(0.2)
            yield url
        finally:
            server.terminate()
            server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/api/models/nobody/nothing", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
