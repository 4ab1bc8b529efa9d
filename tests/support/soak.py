"""Half an hour of many users: python tests/support/soak.py [--users 32] [--minutes 30] [--out soak]

They send photos, batches and clips, or leave before the answer, each again and again. Every answer
is compared with what a lone user got before. The report, `report.json` and `report.png`, shows the
answers, their times, the server's memory, and the files that were left on its disk; the exit code
is 1 when an answer was lost or wrong, a file was left, or memory still grew after ten minutes.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from films import write_clip
from gradio_client import Client, handle_file
from load import PORTRAIT, memory, photo_of
from pages import files_in
from serving import run
from tqdm import tqdm

from fer.ui.server.uploads import UNCLAIMED_SECONDS

PATIENT = {"timeout": 600}  # a busy machine is slow, which is not an error
EVERY = 10  # seconds between looks at the memory
SETTLED = 600  # seconds after which memory may grow no more
GROWTH = 1.1  # between its middle values before and after the middle of the rest
ERASED = UNCLAIMED_SECONDS + 120  # seconds until the server has erased what nobody asks for


@dataclass
class Soak:
    """What happened so far."""

    started: float = field(default_factory=time.monotonic)
    answers: list[tuple[float, str, float]] = field(default_factory=list)  # when, kind, seconds
    problems: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)  # when, MB
    left: list[str] = field(default_factory=list)  # files

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


@dataclass(frozen=True)
class Asked:
    """A kind of request, and what has to come back."""

    kind: str
    endpoint: str
    sent: dict[str, Any]
    told: Callable[[dict[str, Any]], Any]  # what is compared of an answer


def requests(folder: Path) -> list[Asked]:
    """What users ask, with the files for it."""
    photos = []
    for faces in (1, 2, 3):
        path = folder / f"{faces}.png"
        path.write_bytes(photo_of(PORTRAIT, faces, 0))
        photos.append(path)
    clip = write_clip(folder / "clip.mp4", PORTRAIT, 2)
    single = [
        Asked("photo", "/recognize", {"photo": handle_file(path)}, _probabilities)
        for path in photos
    ]
    batch = {"photos": [handle_file(path) for path in photos]}
    return [
        *single,
        Asked("batch", "/batch", batch, lambda answer: [row["emotion"] for row in answer["rows"]]),
        Asked("clip", "/video", {"clip": handle_file(clip)}, lambda answer: len(answer["rows"])),
    ]


def _probabilities(answer: dict[str, Any]) -> list[list[float]]:
    # Rounded, for what is computed together may differ in the last bits.
    faces = [face["probabilities"].values() for face in answer["faces"]]
    return [[round(value, 3) for value in face] for face in faces]


def visit(url: str, user: int, asked: list[Asked], right: list[Any], minutes: float, soak: Soak):
    """One user, who asks one thing after the other; every fourth leaves before the answer."""
    try:
        client = Client(url, verbose=False, httpx_kwargs=PATIENT)
        turn = user
        while soak.now() < minutes * 60:
            one, expected = asked[turn % len(asked)], right[turn % len(asked)]
            started = soak.now()
            job = client.submit(**one.sent, api_name=one.endpoint)
            if user % 4 == 3:
                while job.communicator and not job.communicator.event_id and not job.done():
                    time.sleep(0.1)  # gradio's client cannot take back what it still uploads
                job.cancel()
                wait([job.future])  # whatever it says then of an answer that nobody waits for
            else:
                answer = job.result()
                if "error" in answer or one.told(answer) != expected:
                    soak.problems.append(f"user {user}, {one.kind}: {answer}")
                soak.answers.append((soak.now(), one.kind, soak.now() - started))
            turn += 1
    except Exception as error:
        soak.problems.append(f"user {user}: {error!r}")


def soak_app(users: int, minutes: float) -> Soak:
    """Let users loose on a running app."""
    with (
        tempfile.TemporaryDirectory() as own,
        tempfile.TemporaryDirectory() as servers,
        run(TMPDIR=servers) as (url, process),
    ):
        asked = requests(Path(own))
        client = Client(url, verbose=False, httpx_kwargs=PATIENT)
        right = [one.told(client.predict(**one.sent, api_name=one.endpoint)) for one in asked]
        soak = Soak()
        threads = [
            threading.Thread(target=visit, args=[url, user, asked, right, minutes, soak])
            for user in range(users)
        ]
        for thread in threads:
            thread.start()
        with tqdm(total=round(minutes * 60), unit="s", dynamic_ncols=True) as bar:
            while any(thread.is_alive() for thread in threads):
                time.sleep(EVERY)
                soak.memory.append((soak.now(), memory(process)))
                bar.update(min(EVERY, bar.total - bar.n))
                bar.set_postfix(answers=len(soak.answers), MB=round(soak.memory[-1][1]))
        end = time.monotonic() + ERASED
        while (left := files_in(Path(servers))) and time.monotonic() < end:
            time.sleep(EVERY)
        soak.left = [str(path.relative_to(servers)) for path in left]
    return soak


def growth(soak: Soak) -> float | None:
    """By what factor memory grew after it had settled; None where the time was too short."""
    settled = [megabytes for at, megabytes in soak.memory if at > SETTLED]
    if len(settled) < 6:
        return None
    half = len(settled) // 2
    return float(np.median(settled[half:]) / np.median(settled[:half]))


def report(soak: Soak, users: int, folder: Path) -> bool:
    """Write the report; whether all was well."""
    import matplotlib.pyplot as plt

    grown = growth(soak)
    well = not soak.problems and not soak.left and (grown is None or grown < GROWTH)
    seconds = {
        kind: [own for _, of, own in soak.answers if of == kind]
        for kind in Counter(kind for _, kind, _ in soak.answers)
    }
    record = {
        "users": users,
        "minutes": round(soak.now() / 60, 1),
        "answers": {kind: len(own) for kind, own in seconds.items()},
        "median_seconds": {kind: round(float(np.median(own)), 2) for kind, own in seconds.items()},
        "lost_or_wrong": soak.problems,
        "files_left": soak.left,
        "memory_growth_once_settled": grown,
        "most_megabytes": round(max(megabytes for _, megabytes in soak.memory)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(record, indent=2) + "\n")
    figure, (upper, lower) = plt.subplots(2, sharex=True, layout="constrained")
    upper.plot(*zip(*[(at / 60, megabytes) for at, megabytes in soak.memory], strict=True))
    upper.set(ylabel="memory, MB", ylim=(0, None))
    for kind in seconds:
        points = [(at / 60, own) for at, of, own in soak.answers if of == kind]
        lower.plot(*zip(*points, strict=True), ".", markersize=2, label=kind)
    lower.set(xlabel="minutes", ylabel="seconds to the answer")
    lower.legend()
    figure.savefig(folder / "report.png", dpi=120)
    print(json.dumps(record, indent=2))
    return well


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Half an hour of many users.")
    parser.add_argument("--users", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--out", type=Path, default=Path("soak"), help="folder of the report")
    options = parser.parse_args()
    return 0 if report(soak_app(options.users, options.minutes), options.users, options.out) else 1


if __name__ == "__main__":
    sys.exit(main())
