"""How far faces may be turned or cut off until they are missed: python -m benchmarks.limits

Photos are composed of the example photos, always the same ones. An expression is right where it is
that of the same face upright and whole. Both are the bundled ensemble's answers. The figures go to
benchmarks/limits.json, from where the README and the cards have them.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from tqdm import tqdm

import fer
from benchmarks import report
from benchmarks.detection_scenes import (
    Portrait,
    Scene,
    background,
    cut,
    example_portraits,
    paste,
    photographed,
)
from benchmarks.tally import MATCH
from fer.faces.tracking import overlap

Counts = dict[str, int]

DEGREES = (0, 30, 45, 60, 75, 90, 180)
SHARES = (20, 30, 40, 50, 60)  # percent of the face outside the photo
WIDTHS = (64, 128, 256)  # pixels, of the face


def scenes(portraits: Sequence[Portrait]) -> Iterator[tuple[int, Scene]]:
    """Photos of one face, turned either way or over a border, each with its portrait's number."""
    random = np.random.default_rng(2)
    for degrees, sign, width in product(DEGREES, (-1, 1), WIDTHS):
        for number, portrait in enumerate(portraits):
            scene = background(f"turned by {degrees}°", (1280, 720), random)
            paste(scene, portrait, width, (640, 360), sign * degrees)
            yield number, photographed(scene)
    for share, side, width in product(SHARES, range(4), WIDTHS):
        for number, portrait in enumerate(portraits[:2]):
            kind = f"cut by {share} %"
            yield number, cut(kind, portrait, width, side, share / 100, random)


def measure(recognizer: fer.Recognizer) -> dict[str, Counts]:
    """Of every kind of photo the number of faces, of those found and of those read rightly."""
    portraits = example_portraits()
    upright = [recognizer(portrait.photo)[0].emotion for portrait in portraits]
    counts: dict[str, Counts] = {}
    for number, scene in tqdm(scenes(portraits), "photos", dynamic_ncols=True):
        count = counts.setdefault(scene.kind, {"faces": 0, "found": 0, "right": 0})
        count["faces"] += 1
        for face in recognizer(scene.photo):
            if overlap(face.box, scene.faces[0].box) >= MATCH:
                count["found"] += 1
                count["right"] += face.emotion == upright[number]
                break
    return counts


def main() -> None:
    """Measure, and write the record."""
    counts = measure(fer.load())
    report.LIMITS.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    print(report.limits())


if __name__ == "__main__":
    main()
