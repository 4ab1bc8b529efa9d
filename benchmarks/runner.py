"""Runs inside the environment of one peer, with nothing of this project in reach but ours.

python -I runner.py PEER once ASKED               answer the first photo and end
python -I runner.py PEER photos ASKED ANSWERED    answer each photo again and again, timed
python -I runner.py PEER faces ASKED ANSWERED     label face crops

ASKED and ANSWERED are JSON files. A box is x0, y0, x1, y1 in pixels of the photo; scores are by the
peer's own names of expressions. A peer may fetch nothing: its weights have to be there.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

Box = Sequence[float]
Scores = dict[str, float]
Faces = Any  # uint8 N×H×W, grey; numpy itself comes with the peer


class Ours:
    """This project."""

    def __init__(self) -> None:
        from PIL import Image

        import fer
        from fer.labels import EMOTIONS

        self.recognizer, self.names, self.picture = fer.load(), EMOTIONS, Image.fromarray

    def photo(self, path: str, boxes: list[Box]) -> list[Box]:
        return [face.box for face in self.recognizer(path)]

    def faces(self, faces: Faces) -> list[Scores]:
        rows = self.recognizer.predict([self.picture(face) for face in faces])
        return [dict(zip(self.names, row, strict=True)) for row in rows]


class Fer:
    """`fer`: OpenCV's Haar cascade, and a small Keras network on grey 64×64 crops."""

    def __init__(self) -> None:
        import cv2
        from fer.fer import FER

        self.cv2, self.recognizer = cv2, FER()
        # A crop is the face itself, to which it would add the ten pixels around a box.
        self.of_crops = FER(offsets=(0, 0))

    def photo(self, path: str, boxes: list[Box]) -> list[Box]:
        found = self.recognizer.detect_emotions(self.cv2.imread(path))
        return [corners(face["box"]) for face in found]

    def faces(self, faces: Faces) -> list[Scores]:
        return [self.face(face) for face in faces]

    def face(self, pixels: Any) -> Scores:
        colours = self.cv2.cvtColor(pixels, self.cv2.COLOR_GRAY2BGR)
        whole = [(0, 0, pixels.shape[1], pixels.shape[0])]
        return self.of_crops.detect_emotions(colours, face_rectangles=whole)[0]["emotions"]


class FaceX:
    """`facex`: OpenCV's Haar cascade, and a TensorFlow Lite network on 200×200 crops."""

    def __init__(self) -> None:
        import cv2
        import facex

        self.cv2, self.classifier = cv2, facex.PoolManager(pool_size=1).get_classifier()

    def photo(self, path: str, boxes: list[Box]) -> list[Box]:
        found = self.classifier.predict(self.cv2.imread(path))
        return [corners(face["bbox"]) for face in found]

    def faces(self, faces: Faces) -> list[Scores]:
        return [self.classifier.detect_emotion(face) for face in faces]


class EmotiEffLib:
    """`emotiefflib` with ONNX Runtime. It labels faces and leaves it to others to find them."""

    model = "enet_b0_8_best_vgaf"

    def __init__(self) -> None:
        needs(Path.home() / ".emotiefflib", f"{self.model}.onnx")
        import cv2
        from emotiefflib.facial_analysis import EmotiEffLibRecognizer

        self.cv2: Any = cv2
        self.recognizer = EmotiEffLibRecognizer("onnx", self.model)

    def photo(self, path: str, boxes: list[Box]) -> list[Box]:
        colours = self.cv2.cvtColor(self.cv2.imread(path), self.cv2.COLOR_BGR2RGB)
        sides = [[max(0, round(side)) for side in box] for box in boxes]
        self.recognizer.predict_emotions([colours[y0:y1, x0:x1] for x0, y0, x1, y1 in sides])
        return boxes

    def faces(self, faces: Faces) -> list[Scores]:
        names = self.recognizer.idx_to_emotion_class.values()
        return [dict(zip(names, self.face(face), strict=True)) for face in faces]

    def face(self, pixels: Any) -> Any:
        colours = self.cv2.cvtColor(pixels, self.cv2.COLOR_GRAY2RGB)
        return self.recognizer.predict_emotions(colours, logits=False)[1][0]


class DeepFace:
    """`deepface` with the detector that it takes by itself, OpenCV's Haar cascade."""

    def __init__(self) -> None:
        home = Path(os.environ.get("DEEPFACE_HOME") or Path.home())
        needs(home / ".deepface" / "weights", "facial_expression_model_weights.*")
        import cv2
        from deepface import DeepFace as theirs

        self.cv2, self.analyze = cv2, theirs.analyze

    def photo(self, path: str, boxes: list[Box]) -> list[Box]:
        found = self.analyze(path, ["emotion"], enforce_detection=False, silent=True)
        # Where it finds no face it answers for the whole photo, with no confidence.
        regions = [face["region"] for face in found if face["face_confidence"] > 0]
        return [corners([region[side] for side in "xywh"]) for region in regions]

    def faces(self, faces: Faces) -> list[Scores]:
        return [self.face(face) for face in faces]

    def face(self, pixels: Any) -> Scores:
        colours = self.cv2.cvtColor(pixels, self.cv2.COLOR_GRAY2BGR)
        whole = {"detector_backend": "skip", "enforce_detection": False, "silent": True}
        return self.analyze(colours, ["emotion"], **whole)[0]["emotion"]


PEERS: dict[str, Any] = {
    "fer-toolkit": Ours,
    "fer": Fer,
    "facex": FaceX,
    "emotiefflib": EmotiEffLib,
    "deepface": DeepFace,
}


def corners(box: Box) -> Box:
    """x, y, width and height as a box."""
    x, y, width, height = (float(side) for side in box)
    return x, y, x + width, y + height


def needs(folder: Path, pattern: str) -> None:
    """End with a sentence where weights are missing that the peer would fetch."""
    if not any(folder.glob(pattern)):
        sys.exit(f"Its weights, {pattern}, are not where it looks for them: put them there.")


def main(name: str, task: str, asked: str, answered: str = "") -> None:
    """Do one task and write what came of it."""
    todo = json.loads(Path(asked).read_text())
    begun = time.perf_counter()
    peer = PEERS[name]()
    done: dict[str, Any] = {"version": version(name), "ready_s": time.perf_counter() - begun}
    if task == "once":
        peer.photo(todo["photos"][0]["path"], todo["photos"][0]["boxes"])
        return
    if task == "photos":
        done["photos"] = [answers(peer, photo, todo["runs"]) for photo in todo["photos"]]
        done["memory_mb"] = most_memory()
    if task == "faces":
        import numpy

        scores = peer.faces(numpy.load(todo["faces"]))
        done["scores"] = [{label: float(p) for label, p in one.items()} for one in scores]
    Path(answered).write_text(json.dumps(done))


def most_memory() -> float:
    """The most megabytes that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # for Linux counts what the process held that started this one in ru_maxrss
        (line,) = [one for one in status.read_text().splitlines() if one.startswith("VmHWM")]
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def answers(peer: Any, photo: dict[str, Any], runs: int) -> dict[str, Any]:
    """The boxes found in a photo, and the milliseconds of each run after a first one."""
    taken = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        boxes = peer.photo(photo["path"], photo["boxes"])
        taken.append(1000 * (time.perf_counter() - begun))
    return {"boxes": [[float(side) for side in box] for box in boxes], "ms": taken[1:]}


if __name__ == "__main__":
    main(*sys.argv[1:])
