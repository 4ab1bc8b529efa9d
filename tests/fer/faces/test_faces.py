"""Faces are found where they are, and aligned crops look the same however the photo was turned."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.faces import ARCFACE, FaceDetector, crop_matrix, cut_crop
from fer.faces.alignment import similarity

TEMPLATE = ARCFACE.astype(np.float64) * 112

PORTRAIT = Image.open(Path(__file__).parents[3] / "fer/ui/examples/astronaut.jpg").convert("RGB")

# Read off the portrait by eye: pupils, tip of the nose, corners of the mouth.
LANDMARKS = np.array([[204, 101], [246, 103], [225, 127], [203, 140], [245, 142]], dtype=float)
HEAD = (150, 30, 300, 200)  # the portrait's head with its hair


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def align_face(image: Image.Image, landmarks, size: int = 112) -> Image.Image:
    return cut_crop(image, crop_matrix(landmarks, ARCFACE, size, image.size), size)


def distance(points, others) -> float:
    return float(np.linalg.norm(np.asarray(points) - others, axis=1).max())


def crop_difference(a: Image.Image, b: Image.Image) -> float:
    """Mean absolute difference of grey levels; 130 where the eyes are swapped."""
    grey = [np.asarray(crop.convert("L")).astype(float) for crop in (a, b)]
    return float(np.abs(grey[0] - grey[1]).mean())


def turned(degrees: float, scale: float) -> tuple[Image.Image, np.ndarray]:
    """The portrait turned anticlockwise around its centre and resized, with its landmarks."""
    size = round(512 * scale)
    image = PORTRAIT.rotate(degrees, Image.Resampling.BICUBIC)
    image = image.resize((size, size), Image.Resampling.LANCZOS)
    angle = math.radians(degrees)
    c, s = math.cos(angle), math.sin(angle)
    return image, ((LANDMARKS - 256) @ [[c, -s], [s, c]] + 256) * scale


def test_portrait_is_found_once(detector):
    (face,) = detector(PORTRAIT)
    assert face.score > 0.99
    assert face.landmarks.dtype == np.float32
    assert distance(face.landmarks, LANDMARKS) < 4
    assert np.abs(np.subtract(face.box, (180, 59, 269, 175))).max() < 8


@pytest.mark.parametrize("degrees", [-30, -10, 15, 30])
@pytest.mark.parametrize("scale", [0.3, 1, 2])
def test_crop_does_not_depend_on_how_the_photo_lies(detector, degrees, scale):
    image, expected = turned(degrees, scale)
    (face,) = detector(image)
    assert distance(face.landmarks, expected) < 6 * scale
    reference = align_face(PORTRAIT, LANDMARKS)
    assert crop_difference(align_face(image, expected), reference) < 9  # a small copy is blurred
    assert crop_difference(align_face(image, face.landmarks), reference) < 22


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
    assert np.abs(np.asarray(crop).astype(int) - 128).max() < 12


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


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (1, 2000), (2000, 1), (19, 19), (20, 20), (30, 5000), (512, 512)],
)
def test_no_face_gives_an_empty_list(detector, width, height):
    assert detector(Image.new("RGB", (width, height), (120, 100, 90))) == []


def test_noise_is_no_face(detector):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert detector(Image.fromarray(noise)) == []


def test_tiny_faces_are_left_out(detector):
    assert detector(PORTRAIT.resize((60, 60), Image.Resampling.LANCZOS)) == []


def test_fifty_faces(detector):
    head = PORTRAIT.crop(HEAD)
    collage = Image.new("RGB", (1100, 800), (90, 110, 130))
    eyes, top = [], 0
    for height in (60, 80, 100, 120, 100):
        copy = head.resize((height * head.width // head.height, height), Image.Resampling.LANCZOS)
        for column in range(10):
            corner = (10 + column * 108, top + 10)
            collage.paste(copy, corner)
            eyes.append((LANDMARKS[0] - HEAD[:2]) * height / head.height + corner)
        top += height + 20
    faces = detector(collage)
    assert len(faces) == 50
    for eye in eyes:
        assert min(math.dist(eye, face.landmarks[0]) for face in faces) < 5
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (face.box for face in faces)]
    assert areas == sorted(areas, reverse=True)


def test_large_photo_answers_in_its_own_pixels(detector):
    (face,) = detector(PORTRAIT.resize((5000, 4800), Image.Resampling.BICUBIC))
    assert distance(face.landmarks / (5000, 4800), LANDMARKS / 512) < 0.01


def test_box_stays_inside_the_photo(detector):
    photo = PORTRAIT.crop((180, 60, 270, 176))  # the face fills the photo
    (face,) = detector(photo.resize((270, 348), Image.Resampling.BICUBIC))
    x0, y0, x1, y1 = face.box
    assert 0 <= x0 < x1 <= 270
    assert 0 <= y0 < y1 <= 348


def test_the_same_photo_gives_the_same_answer(detector):
    first, second = (detector(PORTRAIT)[0] for _ in range(2))
    assert (first.box, first.score) == (second.box, second.score)
    assert np.array_equal(first.landmarks, second.landmarks)
