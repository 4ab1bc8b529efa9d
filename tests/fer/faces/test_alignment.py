"""Faces are turned, scaled and cut out so that their landmarks land on fixed places."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.faces import ARCFACE, crop_matrix, cut_crop
from fer.faces.alignment import similarity

TEMPLATE = ARCFACE.astype(np.float64) * 112

PORTRAIT = Image.open(Path(__file__).parents[3] / "fer/ui/examples/astronaut.jpg").convert("RGB")


def align_face(image: Image.Image, landmarks, size: int = 112) -> Image.Image:
    return cut_crop(image, crop_matrix(landmarks, ARCFACE, size, image.size), size)


def distance(points, others) -> float:
    return float(np.linalg.norm(np.asarray(points) - others, axis=1).max())


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"),
    [(0, 1, 0), (30, 1, 0), (-90, 2.5, 40), (180, 0.1, -7), (5, 12, 300)],
)
def test_similarity_undoes_turn_scale_and_shift(degrees, scale, shift):
    angle = math.radians(degrees)
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    moved = TEMPLATE @ turn.T + shift
    matrix = similarity(moved, TEMPLATE)
    assert np.allclose(moved @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-4)


def test_similarity_never_mirrors():
    mirrored = TEMPLATE * (-1, 1)
    assert np.linalg.det(similarity(mirrored, TEMPLATE)[:, :2]) > 0


DOTS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]


@pytest.mark.parametrize("size", [112, 224])
@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (20, 0.8), (-35, 2), (90, 3), (180, 9)])
def test_landmarks_land_on_the_template(degrees, scale, size):
    """Each landmark is drawn as a dot of its own colour, found again in the crop."""
    angle = math.radians(degrees)
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    landmarks = (TEMPLATE - 56) @ turn.T + (700, 600)
    pixels = np.zeros((1200, 1400, 3), dtype=np.uint8)
    y, x = np.mgrid[:1200, :1400] + 0.5
    for (cx, cy), colour in zip(landmarks, DOTS, strict=True):
        pixels[(x - cx) ** 2 + (y - cy) ** 2 < (3 * scale) ** 2] = colour
    crop = np.asarray(align_face(Image.fromarray(pixels), landmarks, size)).astype(float)
    y, x = np.mgrid[:size, :size] + 0.5
    for point, colour in zip(TEMPLATE * size / 112, DOTS, strict=True):
        weight = np.clip(1 - np.abs(crop - colour).max(axis=2) / 128, 0, None)
        found = (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()
        assert math.dist(found, point) < 1


def test_template_is_the_published_one():
    """Left eye, right eye, nose, mouth: a crop in another framing would not fit the models."""
    expected = [[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]]
    assert distance(TEMPLATE, expected) < 0.01


def test_shrinking_a_large_face_averages():
    """A fine chequerboard becomes even grey, not a pattern of picked pixels."""
    board = np.indices((1120, 1120)).sum(axis=0) % 2 * 255
    crop = align_face(Image.fromarray(board.astype(np.uint8)).convert("RGB"), TEMPLATE * 10)
    inside = np.asarray(crop).astype(int)[1:-1, 1:-1]  # at its border the photo fades into black
    assert np.abs(inside - 128).max() < 12


@pytest.mark.parametrize("place", [(120, 60), (-20, 150), (400, 440)])
@pytest.mark.parametrize("scale", [0.6, 1.02, 1.5, 2.2, 4])
def test_a_crop_moves_no_further_than_its_landmarks(scale, place):
    """By hundredths of a pixel, inside the photo and across its border."""
    steps = np.linspace(0, 1, 101)[:, None, None] * (1, 0.7)
    crops = [np.asarray(align_face(PORTRAIT, TEMPLATE * scale + place + step)) for step in steps]
    moved = np.abs(np.diff(np.stack(crops).astype(int), axis=0)).max()
    assert moved <= 12, "of 255"


def test_what_lies_outside_the_photo_is_black():
    white = Image.new("RGB", (300, 300), "white")
    crop = np.asarray(align_face(white, TEMPLATE * 2 - (112, -20)))
    assert crop[:, :55].max() == 0
    assert crop[:, 58:].min() == 255


@pytest.mark.parametrize(
    "landmarks",
    [
        pytest.param(np.zeros((5, 2)), id="all in one place"),
        pytest.param(np.full((5, 2), np.nan), id="not a number"),
        pytest.param(np.full((5, 2), np.inf), id="infinite"),
        pytest.param(np.repeat(np.arange(5.0)[:, None], 2, axis=1), id="on one line"),
        pytest.param(TEMPLATE + 10_000, id="outside the photo"),
        pytest.param(TEMPLATE * 1e6, id="much larger than the photo"),
        pytest.param(TEMPLATE * 1e-6, id="smaller than a pixel"),
        pytest.param(TEMPLATE * 1e-200, id="vanishing"),
        pytest.param(TEMPLATE * 1e200, id="overflowing"),
    ],
)
def test_degenerate_landmarks_still_give_a_crop(landmarks):
    crop = align_face(PORTRAIT, landmarks)
    assert (crop.size, crop.mode) == ((112, 112), "RGB")
