"""What a detector finds in scenes, counted kind by kind."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from benchmarks.detection_scenes import Scene, TrueFace
from fer.faces import DetectedFace
from fer.faces.tracking import overlap

MATCH = 0.3  # share of the union of two boxes from which on they are the same face

Detector = Callable[[Image.Image], list[DetectedFace]]


@dataclass
class Tally:
    """What became of the photos of one kind.

    `errors` are the landmarks' mean distances from the truth, in distances between the eyes.
    """

    photos: int = 0
    faces: int = 0
    found: int = 0
    false_alarms: int = 0
    errors: list[float] = field(default_factory=list)

    def add(self, scene: Scene, detected: list[DetectedFace]) -> None:
        pairs = match(scene.faces, detected)
        self.photos += 1
        self.faces += len(scene.faces)
        self.found += len(pairs)
        self.false_alarms += len(detected) - len(pairs)
        for truth, face in pairs:
            if truth.landmarks is not None:
                distances = np.linalg.norm(face.landmarks - truth.landmarks, axis=1)
                eyes = np.linalg.norm(truth.landmarks[1] - truth.landmarks[0])
                self.errors.append(float(distances.mean() / eyes))

    def figures(self) -> dict[str, Any]:
        """Plain data."""
        figures = asdict(self)
        errors = figures.pop("errors")
        return figures | {"landmark_error": round(float(np.median(errors)), 4) if errors else None}


def match(
    faces: list[TrueFace], detected: list[DetectedFace]
) -> list[tuple[TrueFace, DetectedFace]]:
    """Pairs of what is there and what was found, the best first, each used once."""
    pairs = [
        (overlap(truth.box, found.box), i, j)
        for i, truth in enumerate(faces)
        for j, found in enumerate(detected)
    ]
    used: set[tuple[str, int]] = set()
    matched = []
    for value, i, j in sorted(pairs, reverse=True):
        if value >= MATCH and not {("truth", i), ("found", j)} & used:
            used |= {("truth", i), ("found", j)}
            matched.append((faces[i], detected[j]))
    return matched


def judge(detector: Detector, scenes: Iterable[Scene]) -> dict[str, dict[str, Any]]:
    """The figures of every kind of photo."""
    tallies: dict[str, Tally] = {}
    for scene in tqdm(scenes, "photos", dynamic_ncols=True):
        tallies.setdefault(scene.kind, Tally()).add(scene, detector(scene.photo))
    return {kind: tally.figures() for kind, tally in tallies.items()}
