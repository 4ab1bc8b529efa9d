"""The app in a process of its own, as a user starts it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120  # a cold disk under a busy CPU


@contextmanager
def serve(**environment: str) -> Iterator[str]:
    """Run app.py on a free port, yield its address, stop it."""
    with run(**environment) as (url, _):
        yield url


@contextmanager
def run(**environment: str) -> Iterator[tuple[str, int]]:
    """The same, with the id of its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        everything = {**os.environ, **environment, "GRADIO_SERVER_PORT": str(port)}
        command = [sys.executable, "app.py"]
        app = subprocess.Popen(command, cwd=ROOT, env=everything, stdout=log, stderr=log)
        try:
            if not _answers(url, app):
                log.seek(0)
                raise RuntimeError(f"The app did not start:\n{log.read()}")
            yield url, app.pid
        finally:
            app.terminate()
            app.wait()


def _answers(url: str, app: subprocess.Popen) -> bool:
    end = time.monotonic() + START_SECONDS
    while app.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return True
        except OSError:
            time.sleep(0.2)
    return False
