"""A small Hub on loopback: its repositories, who may see them, and what goes wrong with it.

Importing this module points huggingface_hub at it, so no test ever reaches the real Hub. How it
answers is in `hub_answers`.
"""

import os
import re
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gitrepo import GitRepo

TOKEN = "hf_TheTokenThatNobodyMaySee"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"
HOME = tempfile.TemporaryDirectory(prefix="fer-hub-")  # nobody's cache and nobody's token
os.environ |= {
    "HF_ENDPOINT": URL,
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_CACHE": f"{HOME.name}/hub",
    "HF_TOKEN_PATH": f"{HOME.name}/token",
    "HF_HUB_DOWNLOAD_TIMEOUT": "2",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
os.environ.pop("HF_TOKEN", None)


@dataclass
class Fault:
    """What goes wrong with requests whose "METHOD /path range" holds `where`.

    A status to answer with; or "down" and "stalled": no answer; "cut" and "hung": half of the file,
    and then the end or nothing more; "truncated" and "changed": another file; "slow".
    """

    where: str
    what: int | str
    times: int = 1_000
    headers: dict[str, str] = field(default_factory=dict)


class Hub:
    """The state of the running hub."""

    def __init__(self, root: Path):
        self.root = root
        self.start_over()

    def start_over(self) -> None:
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.waits: list[float] = []  # seconds that the client meant to wait between attempts
        self.private: set[str] = set()
        self.variables: dict[str, str] = {}

    def repo(self, name: str, kind: str = "models") -> GitRepo:
        return GitRepo(self.root / kind / name)

    def upload(self, name: str, folder: str | Path) -> str:
        """Put a folder into a repository without the client; the commit's sha."""
        repo = self.repo(name)
        if not repo.path.exists():
            repo.create()
        files: dict[str, bytes | None] = {}
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                large = path.suffix == ".safetensors"
                files[path.relative_to(folder).as_posix()] = (
                    repo.add_large(content) if large else content
                )
        return repo.commit(files)

    def fault(self, request: str) -> Fault | None:
        self.requests.append(request)
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.where, request):
                fault.times -= 1
                return fault
        return None


class Clock:
    """Stands for the client's `time`: remembers how long it meant to wait, and does not."""

    def __init__(self, hub: Hub):
        self.hub = hub

    def sleep(self, seconds: float) -> None:
        self.hub.waits.append(seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)
