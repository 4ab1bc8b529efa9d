"""Measures every peer, in an environment and processes of its own, on the same photos and faces."""

import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import fer
from benchmarks import environments
from benchmarks.records import Accuracy, Comparison, PeerFigures, PhotoFigures
from fer.bench import clock, machine
from fer.bench.photos import SIZES, SMALL, Photo, compose
from fer.bench.records import measurement
from fer.data import LabelledFaces, load_split
from fer.data.faces import ALIASES
from fer.errors import DataError, FerError
from fer.evaluation.metrics import mean_class_accuracy, overall_accuracy, with_interval
from fer.labels import EMOTIONS

COMMAND = "python -m benchmarks.peers FOLDER"
RUNNER = Path(__file__).parent / "runner.py"
SPLIT = "validation"
RUNS = 7  # of each photo
COLD_RUNS = 3
CONTEMPT = "contempt"
# Nobody listens there: a peer that would fetch something fails at once.
OFFLINE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")


@dataclass(frozen=True)
class Peer:
    """A tool, by the name of its package."""

    name: str
    remark: str
    make: Callable[[Path], Path] | None = None  # its environment; None where the reader has one


PEERS = (
    Peer("fer-toolkit", "", environments.make_ours),
    Peer(
        "fer",
        "starts only with setuptools before 81, for it needs pkg_resources",
        partial(environments.make, requirements=["fer", "setuptools<81"]),
    ),
    Peer("facex", "", partial(environments.make, requirements=["facex"])),
    Peer("emotiefflib", "labels faces and does not find them: was told where they are"),
    Peer("deepface", "with its default detector"),
)


def compare(folder: Path, ferplus: Path | None, pythons: Mapping[str, Path | None]) -> Comparison:
    """Measure every peer, those of the reader with the Python that `pythons` names.

    `folder` gets the environments; the faces of `ferplus` are labelled too where it is given.
    Raises `DataError` when one of them cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} cannot hold environments: choose another folder.") from error
    given = [f"--{name} PYTHON" for name, python in pythons.items() if python]
    commit = machine.commit()  # of the code that is measured
    faces = load_split(ferplus, SPLIT) if ferplus else None
    with tempfile.TemporaryDirectory() as scratch:
        task = Task(Path(scratch), [compose(SIZES[SMALL], count) for count in (1, 10)], faces)
        bar = tqdm(PEERS, "measuring peers", leave=False, dynamic_ncols=True, disable=None)
        figures = tuple(_measure(peer, folder, pythons.get(peer.name), task) for peer in bar)
    return Comparison(
        date=date.today().isoformat(),
        commit=commit,
        command=" ".join([COMMAND, *(["--ferplus DIR"] if ferplus else []), *given]),
        python=platform.python_version(),
        machine=machine.describe(),
        data=f"FER+ ({SPLIT})" if faces else None,
        n=len(faces) if faces else 0,
        peers=figures,
    )


class Task:
    """The photos and faces, as files that any process can read."""

    def __init__(self, folder: Path, photos: list[Photo], faces: LabelledFaces | None):
        self.folder, self.photos, self.faces = folder, photos, faces
        detector = fer.load().detector
        asked: dict[str, Any] = {"runs": RUNS, "photos": []}
        for photo in photos:
            path = folder / f"{photo.faces}.jpg"
            path.write_bytes(photo.jpeg())
            boxes = [face.box for face in detector(photo.picture)]
            asked["photos"].append({"path": str(path), "boxes": boxes})
        if faces:
            crops = [faces.image(row).convert("L") for row in range(len(faces))]
            if len({crop.size for crop in crops}) > 1:
                raise DataError("The faces differ in size: give FER+, whose are all alike.")
            asked["faces"] = str(folder / "faces.npy")
            np.save(asked["faces"], np.stack([np.asarray(crop) for crop in crops]))
        self.asked = folder / "asked.json"
        self.asked.write_text(json.dumps(asked))

    def run(self, python: Path, peer: str, task: str) -> Any:
        """Let a peer do a task; raises `FerError` with its last word when it cannot."""
        answered = self.folder / "answered.json"
        answered.unlink(missing_ok=True)
        try:
            done = subprocess.run(
                [python, "-I", RUNNER, peer, task, self.asked, answered],
                cwd=self.folder,
                env={**os.environ, **OFFLINE},
                capture_output=True,
                text=True,
            )
        except OSError as error:
            raise FerError("Its Python cannot be run: name that of an environment.") from error
        if done.returncode:
            raise FerError(environments.last_line(done.stderr))
        return json.loads(answered.read_text()) if answered.exists() else None


def _measure(peer: Peer, folder: Path, python: Path | None, task: Task) -> PeerFigures:
    """All figures of a peer, or as many as could be had and the reason for the rest."""
    figures = PeerFigures(peer.name, peer.remark)
    try:
        if peer.make:
            python = peer.make(folder / peer.name)
            figures = replace(figures, installed_mb=machine.size_mb(folder / peer.name))
        if python is None:
            return replace(figures, reason=f"Its weights come separately: give --{peer.name}.")
        once = partial(task.run, python, peer.name, "once")
        cold = [clock.seconds(once) for _ in range(COLD_RUNS + 1)]
        done = task.run(python, peer.name, "photos")
        figures = replace(
            figures,
            version=done["version"],
            cold_s=median(cold[1:]),  # the first compiles
            ready_s=done["ready_s"],
            memory_mb=done["memory_mb"],
            photos=tuple(
                photo_figures(photo, answer["boxes"], answer["ms"])
                for photo, answer in zip(task.photos, done["photos"], strict=True)
            ),
        )
        if task.faces:
            scores = task.run(python, peer.name, "faces")["scores"]
            figures = replace(figures, accuracy=accuracy(scores, task.faces.labels))
    except FerError as error:
        return replace(figures, reason=str(error))
    return figures


def photo_figures(photo: Photo, boxes: list[list[float]], taken: list[float]) -> PhotoFigures:
    """A face is found when the middle of a box is in its tile; further boxes are false alarms."""
    middles = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]
    found = sum(
        any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in middles) for x0, y0, x1, y1 in photo.tiles
    )
    time = measurement("", "", taken, "ms")
    return PhotoFigures(photo.faces, found, len(boxes) - found, time.median, time.low, time.high)


def accuracy(scores: list[dict[str, float]], labels: NDArray[np.int64]) -> Accuracy:
    """How often the best of seven expressions is the label; contempt, an eighth, is left out."""
    named = [{name.lower(): p for name, p in row.items()} for row in scores]
    contempt = sum(max(row, key=row.__getitem__) == CONTEMPT for row in named)
    answers = np.array([_answer(row) for row in named])
    return Accuracy(
        overall=with_interval(overall_accuracy, answers, labels),
        mean_class=with_interval(mean_class_accuracy, answers, labels),
        contempt=contempt,
    )


def _answer(scores: dict[str, float]) -> int:
    """The index of the expression with the highest score; raises `FerError` for a name unknown."""
    known = {ALIASES.get(name, name): p for name, p in scores.items() if name != CONTEMPT}
    if sorted(known) != sorted(EMOTIONS):
        raise FerError(f"Its expressions are {', '.join(scores)}, not the seven.")
    return EMOTIONS.index(max(known, key=known.__getitem__))
