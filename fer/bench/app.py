"""How long the app takes from its start to the first answer, and how much memory it holds then."""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from fer.bench.machine import ROOT, memory_mb
from fer.bench.plan import Plan
from fer.bench.processes import environment
from fer.bench.records import Outcome, Skipped, measurement
from fer.errors import FerError

GROUP = "The app"
START = "python app.py to the first answered photo"
MEMORY = "memory of the app after the first answer"

PATIENCE = 120  # seconds
BOUNDARY = "a-photo-to-measure-with"


def app(photo: Path, plan: Plan) -> Iterator[Outcome]:
    """The app in a process of its own, asked as other programs ask it."""
    reason = _why_not()
    if reason:
        yield from (Skipped(GROUP, what, reason) for what in (START, MEMORY))
        return
    starts, memories = [], []
    for _ in range(plan.processes + 1):  # the first compiles and is not counted
        seconds, megabytes = _first_answer(photo)
        starts.append(seconds)
        memories.append(megabytes)
    yield measurement(GROUP, START, starts[1:], "s")
    yield measurement(GROUP, MEMORY, memories[1:], "MB")


def _why_not() -> str | None:
    if not (ROOT / "app.py").is_file():
        return "app.py is not here: run fer bench from a clone of the project."
    if find_spec("gradio") is None:
        return "The app is not installed: run pip install '.[app]' in the project's folder."
    return None


def _first_answer(photo: Path) -> tuple[float, float]:
    """Seconds from the start to the answer, and megabytes then."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile("w+") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env=environment() | {"GRADIO_SERVER_PORT": str(port)},
            stdout=log,
            stderr=log,
        )
        try:
            while not _listens(port):
                if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    log.seek(0)
                    said = log.read().strip().splitlines() or ["it said nothing"]
                    raise FerError(f"python app.py did not start: {said[-1]}")
                time.sleep(0.01)
            ask(f"http://127.0.0.1:{port}/gradio_api", photo)
            return time.perf_counter() - begun, memory_mb(process.pid)
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(api: str, photo: Path) -> None:
    """The faces of a photo, as fer/ui/README.md shows with curl."""
    body = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        f'name="files"; filename="photo.jpg"\r\n\r\n'.encode()
        + photo.read_bytes()
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    (path,) = json.loads(_post(f"{api}/upload", body, f"multipart/form-data; boundary={BOUNDARY}"))
    data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
    asked = json.loads(
        _post(f"{api}/call/recognize", json.dumps(data).encode(), "application/json")
    )
    address = f"{api}/call/recognize/{asked['event_id']}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        if b'"emotion"' not in answer.read():
            raise FerError("The app gave no answer to a photo with a face.")


def _post(address: str, body: bytes, kind: str) -> bytes:
    request = urllib.request.Request(address, body, {"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read()
