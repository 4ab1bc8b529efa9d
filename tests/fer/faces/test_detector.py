"""Faces are found where they are, and aligned crops look the same however the photo was turned."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from fer.faces import ARCFACE, crop_matrix, cut_crop
from fer.faces.tracking import overlap

EXAMPLES = Path(__file__).parents[3] / "fer/ui/examples"
PORTRAIT = Image.open(EXAMPLES / "astronaut.jpg").convert("RGB")

# Read off the portrait by eye: pupils, tip of the nose, corners of the mouth.
LANDMARKS = np.array([[204, 101], [246, 103], [225, 127], [203, 140], [245, 142]], dtype=float)
FACE = (181, 62, 269, 178)
HEAD = (150, 30, 300, 200)  # with its hair


def align_face(image: Image.Image, landmarks) -> Image.Image:
    return cut_crop(image, crop_matrix(landmarks, ARCFACE, 112, image.size), 112)


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


def pasted(photo: Image.Image, width: float, x: float, y: float) -> tuple[float, ...]:
    """Paste the portrait, its face `width` pixels wide, at a place; returns the face's box."""
    scale = width / (FACE[2] - FACE[0])
    small = PORTRAIT.resize((round(512 * scale),) * 2, Image.Resampling.LANCZOS)
    corner = round(x - (FACE[0] + FACE[2]) / 2 * scale), round(y - (FACE[1] + FACE[3]) / 2 * scale)
    photo.paste(small, corner)
    return tuple(edge * scale + corner[i % 2] for i, edge in enumerate(FACE))


def test_portrait_is_found_once(detector):
    (face,) = detector(PORTRAIT)
    assert face.score > 0.9
    assert face.landmarks.dtype == np.float32
    assert distance(face.landmarks, LANDMARKS) < 4
    assert overlap(face.box, FACE) > 0.8


@pytest.mark.parametrize("degrees", [-45, -30, -10, 15, 30, 45])
@pytest.mark.parametrize("scale", [0.3, 1, 2])
def test_crop_does_not_depend_on_how_the_photo_lies(detector, degrees, scale):
    image, expected = turned(degrees, scale)
    (face,) = detector(image)
    assert distance(face.landmarks, expected) < 9 * scale  # the eyes are 42 apart
    reference = align_face(PORTRAIT, LANDMARKS)
    assert crop_difference(align_face(image, expected), reference) < 9  # a small copy is blurred
    assert crop_difference(align_face(image, face.landmarks), reference) < 27


@pytest.mark.parametrize(
    ("size", "width"),
    [
        ((48, 48), 30),  # as small as crops of FER+
        ((100, 100), 90),  # and filled
        ((300, 200), 24),
        ((640, 480), 20),
        ((1280, 720), 20),
        ((1280, 720), 40),
        ((1280, 720), 500),
        ((4000, 3000), 20),
        ((4000, 3000), 100),
        ((4000, 3000), 2900),
    ],
)
def test_small_and_large_faces_in_small_and_large_photos(detector, size, width):
    photo = Image.new("RGB", size, (90, 110, 130))
    box = pasted(photo, width, size[0] / 2, size[1] / 2)
    (face,) = detector(photo)
    assert overlap(face.box, box) > 0.5


def test_small_faces_are_found_beside_a_large_one(detector):
    photo = Image.new("RGB", (1280, 720), (90, 110, 130))
    boxes = [pasted(photo, 300, 900, 400), pasted(photo, 28, 200, 200), pasted(photo, 34, 200, 600)]
    faces = detector(photo)
    assert len(faces) == 3
    assert all(max(overlap(face.box, box) for face in faces) > 0.5 for box in boxes)


def test_a_side_may_be_bound(detector):
    photo = Image.new("RGB", (1280, 720), (90, 110, 130))
    large, small = pasted(photo, 150, 900, 400), pasted(photo, 16, 200, 200)
    (face,) = detector(photo, side=320)
    assert overlap(face.box, large) > 0.5
    assert overlap(face.box, small) == 0


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_face_cut_by_the_border_is_found_inside_the_photo(detector, edge):
    x = (FACE[0] + FACE[2]) // 2
    box = {
        "left": (x - 20, 0, 512, 400),
        "right": (0, 0, x + 20, 400),
        "top": (0, 95, 512, 512),
        "bottom": (0, 0, 512, 150),
    }[edge]
    photo = PORTRAIT.crop(box)
    (face,) = detector(photo)
    x0, y0, x1, y1 = face.box
    assert 0 <= x0 < x1 <= photo.width
    assert 0 <= y0 < y1 <= photo.height


def test_box_stays_inside_a_photo_that_the_face_fills(detector):
    (face,) = detector(PORTRAIT.crop(FACE).resize((270, 348), Image.Resampling.BICUBIC))
    x0, y0, x1, y1 = face.box
    assert 0 <= x0 < x1 <= 270
    assert 0 <= y0 < y1 <= 348


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (1, 2000), (2000, 1), (19, 19), (20, 20), (30, 5000), (512, 512)],
)
def test_no_face_gives_an_empty_list(detector, width, height):
    assert detector(Image.new("RGB", (width, height), (120, 100, 90))) == []


def noise() -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    return Image.fromarray(values)


def clock() -> Image.Image:
    image = Image.new("RGB", (640, 480), (180, 170, 160))
    draw = ImageDraw.Draw(image)
    draw.ellipse((220, 140, 420, 340), (240, 235, 230), (30, 30, 30), 10)
    for hour in range(12):
        angle = hour * math.pi / 6
        place = 320 + 75 * math.sin(angle), 240 - 75 * math.cos(angle)
        draw.text(place, str(hour or 12), (20, 20, 20), anchor="mm", font_size=18)
    draw.line([(270, 215), (320, 240), (375, 205)], (20, 20, 20), 6)
    return image


def lenses() -> Image.Image:
    """Dark glasses on skin colour."""
    image = Image.new("RGB", (800, 600), (205, 160, 130))
    draw = ImageDraw.Draw(image)
    for x in (230, 570):
        draw.ellipse((x - 150, 190, x + 150, 410), (40, 32, 30))
        draw.rectangle((x - 90, 230, x - 20, 300), (180, 190, 200))
    return image.filter(ImageFilter.GaussianBlur(4))


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(noise(), id="noise"),
        pytest.param(clock(), id="clock"),
        pytest.param(lenses(), id="lenses"),
        pytest.param(PORTRAIT.crop((0, 220, 512, 512)), id="suit"),
        pytest.param(PORTRAIT.crop((0, 220, 512, 512)).resize((2560, 1460)), id="suit enlarged"),
    ],
)
def test_what_is_no_face(detector, photo):
    assert detector(photo) == []


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


def test_the_same_photo_gives_the_same_answer(detector):
    first, second = (detector(PORTRAIT)[0] for _ in range(2))
    assert (first.box, first.score) == (second.box, second.score)
    assert np.array_equal(first.landmarks, second.landmarks)


def test_photos_side_by_side_get_the_answers_that_each_gets_alone(detector):
    photos = [PORTRAIT, Image.new("RGB", (300, 200)), ImageOps.mirror(PORTRAIT)]
    photos += [PORTRAIT.resize((200, 200)), PORTRAIT.crop(FACE)]
    for photo, faces in zip(photos, detector.each(iter(photos)), strict=True):
        alone = detector(photo)
        assert [face.box for face in faces] == [face.box for face in alone]
        for face, same in zip(faces, alone, strict=True):
            assert np.array_equal(face.landmarks, same.landmarks)
    assert detector.each([]) == []
