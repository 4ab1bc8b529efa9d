"""The detection benchmark knows where its faces are, and counts what is found."""

import numpy as np
import pytest
from PIL import Image

from benchmarks.detection_scenes import Portrait, Scene, TrueFace, paste
from benchmarks.tally import Tally, match
from fer.faces import DetectedFace

DOTS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]
PLACES = np.array([[60.0, 60], [100, 64], [80, 84], [64, 110], [98, 106]])


def dotted_portrait() -> Portrait:
    """A portrait whose landmarks are dots of their own colour."""
    pixels = np.full((200, 160, 3), 128, np.uint8)
    y, x = np.mgrid[:200, :160] + 0.5
    for (cx, cy), colour in zip(PLACES, DOTS, strict=True):
        pixels[(x - cx) ** 2 + (y - cy) ** 2 < 25] = colour
    return Portrait(
        Image.fromarray(pixels), TrueFace((40, 30, 120, 130), PLACES), (20, 10, 140, 160)
    )


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("width", "centre", "degrees"),
    [(80, (300, 200), 0), (160, (290.4, 210.7), 0), (120, (300, 200), 30), (200, (250, 190), -45)],
)
def test_landmarks_lie_where_the_face_was_pasted(width, centre, degrees, mirrored):
    portrait = dotted_portrait().mirrored() if mirrored else dotted_portrait()
    colours = [DOTS[i] for i in (1, 0, 2, 4, 3)] if mirrored else DOTS
    scene = Scene("", Image.new("RGB", (600, 400), (128, 128, 128)))
    paste(scene, portrait, width, centre, degrees)
    pixels = np.asarray(scene.photo).astype(float)
    y, x = np.mgrid[:400, :600] + 0.5
    for point, colour in zip(scene.faces[0].landmarks, colours, strict=True):
        weight = np.clip(1 - np.abs(pixels - colour).max(axis=2) / 100, 0, None)
        found = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
        assert np.linalg.norm(found - point) < 1


def found(box: tuple[float, float, float, float]) -> DetectedFace:
    return DetectedFace(box, np.zeros((5, 2), np.float32), 0.9)


A, B = (0, 0, 100, 100), (200, 0, 300, 100)
NEAR_A, FAR = (10, 0, 110, 100), (90, 0, 190, 100)


@pytest.mark.parametrize(
    ("faces", "detected", "matched"),
    [
        ([A, B], [B, A], 2),
        ([A], [A, NEAR_A], 1),  # twice the same face is one false alarm
        ([A, NEAR_A], [A], 1),
        ([A], [FAR], 0),
        ([], [A], 0),
        ([A], [], 0),
    ],
)
def test_each_face_is_found_once(faces, detected, matched):
    faces = [TrueFace(box, None) for box in faces]
    detected = [found(box) for box in detected]
    assert len(match(faces, detected)) == matched
    tally = Tally()
    tally.add(Scene("", Image.new("RGB", (1, 1)), faces), detected)
    assert tally.figures() == {
        "photos": 1,
        "faces": len(faces),
        "found": matched,
        "false_alarms": len(detected) - matched,
        "landmark_error": None,
    }
