"""Faces change at random as torchvision's transforms would change them, each by its own numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from generated import write_split
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as one_by_one

from fer.data import load_split
from fer.models.config import TrainingData
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD, to_batch
from train.data.augmentation import Changes, augment, draw_changes
from train.data.batches import Draw, DrawnFaces, resized, training_batches
from train.engine.recipe import Augmentation, Recipe, Stage

SIZE = 64
STILL = Augmentation(jitter=0, erase=0)
MEAN, STD = (torch.tensor(values)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_STD))


def draw(faces: int, **options: float) -> Changes:
    generator = np.random.default_rng(0)
    return draw_changes(replace(STILL, **options), SIZE, faces, generator)


def decoded(source: torch.Tensor) -> tuple[bool, float, float, list[float]]:
    """Whether a face is flipped, then its angle (degrees), zoom and shift (pixels)."""
    turn, offset = source.double().numpy()[:, :2], source.double().numpy()[:, 2]
    flipped = np.linalg.det(turn) < 0
    sign = np.array([-1 if flipped else 1, 1])
    turn, offset = turn * sign[:, None], offset * sign
    angle = math.degrees(math.atan2(turn[0, 1], turn[0, 0]))
    shift = -np.linalg.solve(turn, offset) * SIZE / 2
    return flipped, angle, np.linalg.det(turn) ** -0.5, shift.tolist()


def as_torchvision_does(face: torch.Tensor, changes: Changes) -> torch.Tensor:
    """One face C×S×S changed by torchvision, as the row of `changes` says, and normalised."""
    flipped, angle, zoom, shift = decoded(changes.sources)
    face = one_by_one.horizontal_flip(face) if flipped else face
    bilinear = InterpolationMode.BILINEAR
    face = one_by_one.affine(face, angle, shift, zoom, [0, 0], bilinear, fill=None)
    if changes.shrunk:
        small = one_by_one.resize(face, [int(changes.shrunk)] * 2, bilinear)
        face = one_by_one.resize(small, [SIZE, SIZE], bilinear)
    if changes.quality:
        face = one_by_one.jpeg(face, int(changes.quality))
    steps = [
        lambda face: one_by_one.adjust_brightness(face, changes.brightness.item()),
        lambda face: one_by_one.adjust_contrast(face, changes.contrast.item()),
    ]
    for step in reversed(steps) if changes.contrast_first else steps:
        face = step(face)
    colours = face.expand(3, -1, -1) / 255
    colours = one_by_one.normalize(colours, list(IMAGENET_MEAN), list(IMAGENET_STD))
    (top, left), (bottom, right) = changes.erased.tolist()
    return one_by_one.erase(colours, top, left, bottom - top, right - left, torch.zeros(1))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},  # flips alone
        {"jitter": 1, "rotation": 90, "shift": 0},
        {"jitter": 1, "rotation": 0, "shift": 0, "zoom": 0.4},
        {"jitter": 1, "rotation": 0, "shift": 0.3},
        {"brightness": 0.6},
        {"erase": 1},
        {"shrink": 1},
        {"jpeg": 1},
        {"jitter": 0.8, "rotation": 12, "zoom": 0.15, "brightness": 0.25, "erase": 0.5},
    ],
    ids=[
        "flip",
        "rotation",
        "zoom",
        "shift",
        "brightness and contrast",
        "erasing",
        "shrinking",
        "compression",
        "all",
    ],
)
def test_a_batch_is_changed_as_torchvision_changes_each_face(options, channels):
    generator = torch.Generator().manual_seed(0)
    faces = torch.randint(0, 256, (12, channels, SIZE, SIZE), generator=generator)
    faces[:, :1] //= 3  # a tint, for the colours do not count alike in luminance
    changes = draw(len(faces), **options)
    batch = augment(faces.byte(), changes, MEAN, STD)
    for place, face in enumerate(faces.byte()):
        of_face = Changes(*(values[place] for values in changes))
        expected = as_torchvision_does(face, of_face)
        # It rounds to whole levels on the way, five times at most.
        torch.testing.assert_close(batch[place], expected, atol=5 / 255 / 0.224, rtol=0)


def quantiles(values) -> torch.Tensor:
    shares = torch.linspace(0, 1, 11, dtype=torch.float64)
    return torch.tensor([float(value) for value in values]).double().quantile(shares)


def test_changes_are_spread_as_those_of_torchvision():
    n = 4000
    changes = draw(n, jitter=1, rotation=12, zoom=0.15, shift=0.08, brightness=0.25, erase=1)
    _, angles, zooms, shifts = zip(*map(decoded, changes.sources), strict=True)
    assert np.abs(np.array(shifts) - np.round(shifts)).max() < 1e-4, "not by whole pixels"
    first, behind = changes.erased.double().unbind(1)
    heights, widths = (behind - first).unbind(1)
    torch.manual_seed(0)
    picture = [torch.zeros(3, SIZE, SIZE)]
    affine = v2.RandomAffine(12, (0.08, 0.08), (0.85, 1.15))
    jitter, erasing = v2.ColorJitter(0.25, 0.25), v2.RandomErasing(1, (0.02, 0.25))
    moved = [affine.make_params(picture) for _ in range(n)]
    lit = [jitter.make_params(picture) for _ in range(n)]
    erased = [erasing.make_params(picture) for _ in range(n)]
    for name, ours, theirs, tolerance in [
        ("angle", angles, [p["angle"] for p in moved], 1.0),
        ("zoom", zooms, [p["scale"] for p in moved], 0.01),
        ("shift across", [x for x, _ in shifts], [p["translate"][0] for p in moved], 1.01),
        ("shift down", [y for _, y in shifts], [p["translate"][1] for p in moved], 1.01),
        ("brightness", changes.brightness, [p["brightness_factor"] for p in lit], 0.02),
        ("contrast", changes.contrast, [p["contrast_factor"] for p in lit], 0.02),
        ("top", first[:, 0], [p["i"] for p in erased], 2.01),
        ("left", first[:, 1], [p["j"] for p in erased], 2.01),
        ("height", heights, [p["h"] for p in erased], 2.01),
        ("width", widths, [p["w"] for p in erased], 2.01),
        ("area", heights * widths, [p["h"] * p["w"] for p in erased], 35),
    ]:
        difference = (quantiles(ours) - quantiles(theirs)).abs().max()
        assert difference <= tolerance, name


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (lambda c: c.sources[:, 0, 0] < 0, 0.5),  # flipped
        (lambda c: c.sources[:, 0, 1] != 0, 0.3),  # rotated
        (lambda c: c.contrast_first, 0.5),
        (lambda c: c.erased[:, 1, 0] > c.erased[:, 0, 0], 0.2),
        (lambda c: (c.shrunk >= 20) & (c.shrunk <= 48), 0.4),
        (lambda c: (c.quality >= 30) & (c.quality <= 90), 0.3),
    ],
    ids=["flip", "jitter", "contrast first", "erasing", "shrinking", "compression"],
)
def test_changes_happen_as_often_as_the_recipe_says(happens, expected):
    changes = draw(4000, jitter=0.3, rotation=10, erase=0.2, shrink=0.4, jpeg=0.3)
    assert happens(changes).float().mean().item() == pytest.approx(expected, abs=0.03)


def test_every_step_of_every_epoch_changes_faces_differently_and_always_so(tmp_path):
    write_split(tmp_path / "train.parquet", 14)
    write_split(tmp_path / "validation.parquet", 7)
    stage = Stage("only", "whole", size=32, epochs=1, batch=14, lr=1e-3)
    recipe = Recipe("test", TrainingData("", ""), (stage,))
    drawn = DrawnFaces(load_split(tmp_path, "train"), 32, recipe, slice(None))
    steps = [(0, 0), (0, 1), (1, 0), (10_000, 0)] * 2
    batches = [drawn[Draw(epoch, step, np.arange(14))] for epoch, step in steps]
    kinds = {batch.changes.sources.numpy().tobytes() for batch in batches}
    assert len(kinds) == 4


@pytest.mark.parametrize("size", [32, 112])
def test_unchanged_faces_are_what_the_network_will_see(tmp_path, size):
    write_split(tmp_path / "train.parquet", 14)
    write_split(tmp_path / "validation.parquet", 7)
    faces = load_split(tmp_path, "train")
    stage = Stage("only", "whole", size=size, epochs=1, batch=14, lr=1e-3)
    recipe = Recipe("test", TrainingData("", ""), (stage,), augmentation=STILL)
    ((images, targets),) = training_batches(faces, recipe, 0, 0, 0)[0]
    seen = torch.as_tensor(
        to_batch([faces.image(row) for row in range(14)], size, IMAGENET_MEAN, IMAGENET_STD)
    )
    both = torch.cat([seen, seen.flip(3)])
    nearest = torch.cdist(images.flatten(1), both.flatten(1), p=math.inf).argmin(1)
    torch.testing.assert_close(images, both[nearest], atol=1.5 / 255 / 0.224, rtol=0)
    rows = (nearest % 14).tolist()
    assert sorted(rows) == list(range(14)), "a face was left out"
    assert targets.tolist() == faces.targets[rows].tolist()


@pytest.mark.parametrize(
    ("shapes", "channels"),
    [
        ([(48, 48), (48, 48)], 1),
        ([(100, 100, 3), (100, 100, 3)], 3),
        ([(48, 48), (100, 80, 3), (30, 40), (48, 48)], 3),
    ],
)
def test_pictures_of_any_shape_fit_into_a_batch(shapes, channels):
    generator = np.random.default_rng(0)
    pictures = [generator.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    batch = resized(pictures, 64)
    assert batch.shape == (len(shapes), channels, 64, 64)
    for picture, face in zip(pictures, batch, strict=True):
        alone = resized([picture], 64)[0].expand(channels, -1, -1)
        assert torch.equal(face, alone)
