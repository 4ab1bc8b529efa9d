"""From a photo to the expression: what finding and cutting out a face cost against a ready crop.

FER+'s validation crops are read whole; then they are enlarged, pasted into photos, every other one
turned by up to 20°, found there, cut out and read.
"""

from typing import Any

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from benchmarks.detection_scenes import Portrait, Scene, backgrounds, crop_portrait, paste
from benchmarks.tally import match
from fer.data import LabelledFaces
from fer.evaluation.metrics import accuracies
from fer.recognizer import Recognizer

FACES = 1000
PASTED = 300  # of them into the composed scenes
ENLARGED = 192  # pixels a side: the crops have 48
PHOTO = (1280, 720)
AT_ONCE = 25  # faces read together


def portraits(faces: LabelledFaces) -> list[Portrait]:
    """A sample of the faces, to be pasted."""
    return [_portrait(faces, row) for row in _sample(faces, PASTED)]


def judge(recognizer: Recognizer, faces: LabelledFaces) -> dict[str, Any]:
    """How often the expression is right in the ready crops and in the photos.

    A face that is not found counts as wrong in `right_of_all`, and is left out elsewhere.
    """
    rows = _sample(faces, FACES)
    whole, cut, found, alarms = [], [], [], 0
    for start in tqdm(range(0, len(rows), AT_ONCE), "end to end", dynamic_ncols=True):
        photos, kept = [], []
        some = rows[start : start + AT_ONCE]
        for row in some:
            scene = _scene(faces, row)
            detected = recognizer.detector(scene.photo)
            own = [face for _, face in match(scene.faces, detected)]
            alarms += len(detected) - len(own)
            photos.append(scene.photo)
            kept.append(own)
            found.append(bool(own))
        read = recognizer.read(photos, kept)
        cut += [own[0].probabilities.argmax() if own else -1 for own in read]
        whole += recognizer.predict([faces.image(row) for row in some]).argmax(axis=1).tolist()
    labels, seen = faces.labels[rows], np.array(found)
    ready, answers = np.array(whole), np.array(cut)
    return {
        "faces": len(rows),
        "found": int(seen.sum()),
        "false_alarms": alarms,
        "ready_crops": _shares(ready, labels),
        "ready_crops_of_found": _shares(ready[seen], labels[seen]),
        "cut_from_photos": _shares(answers[seen], labels[seen]),
        "same_answer": round(float((ready == answers)[seen].mean()), 4),
        "right_of_all": round(float((answers == labels).mean()), 4),
    }


def _sample(faces: LabelledFaces, count: int) -> list[int]:
    generator = np.random.default_rng(5)
    return generator.permutation(len(faces))[:count].tolist()


def _portrait(faces: LabelledFaces, row: int) -> Portrait:
    crop = faces.image(row).convert("RGB")
    return crop_portrait(crop.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC))


def _scene(faces: LabelledFaces, row: int) -> Scene:
    random = np.random.default_rng(row)
    photos = backgrounds()
    scene = Scene("FER+", ImageOps.fit(photos[row % len(photos)], PHOTO))
    degrees = float(random.uniform(-20, 20)) if row % 2 else 0.0
    centre = float(random.uniform(300, 980)), float(random.uniform(250, 470))
    paste(scene, _portrait(faces, row), float(random.uniform(70, 380)), centre, degrees)
    return scene


def _shares(answers: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    overall, mean_class = accuracies(answers, labels)
    return {"overall_accuracy": round(overall, 4), "mean_class_accuracy": round(mean_class, 4)}
