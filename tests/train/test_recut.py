"""Training faces are cut out anew as the app would cut them out of a photo."""

import numpy as np
import pytest
import torch
from crops import crops
from datasets import Dataset, Features, Image
from PIL import Image as PILImage

from fer.data import LabelledFaces
from fer.engines import choice
from fer.faces import ARCFACE, FaceDetector
from fer.faces.alignment import crop_matrix, cut_crop
from train.data import recut
from train.data.augmentation import augment, draw_changes
from train.data.augmentation import recut as cut_anew
from train.data.batches import resized
from train.engine.recipe import Augmentation

SIZE = 64
ALL = Augmentation(jitter=0, erase=0, recut=1)
ZERO, ONE = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)


@pytest.fixture
def faces():
    pictures = [*crops(6), PILImage.new("RGB", (112, 112), "white")]
    images = Dataset.from_dict({"image": pictures}, Features({"image": Image()}))
    labels = np.zeros(len(pictures), np.int64)
    return LabelledFaces(images, labels, np.eye(7, dtype=np.float32)[labels])


def as_the_app_does(face, detector):
    found = detector(face.resize((192, 192), PILImage.Resampling.BICUBIC))
    landmarks = found[0].landmarks / 192 * face.width if found else None
    matrix = crop_matrix(landmarks, ARCFACE, SIZE, face.size)
    return cut_crop(face, matrix, SIZE, PILImage.Resampling.BILINEAR), bool(found)


def test_a_face_is_cut_out_as_the_app_does_it(faces, tmp_path):
    matrices = recut.cuts(faces, tmp_path)
    changes = draw_changes(ALL, SIZE, len(faces), np.random.default_rng(0))
    changes = cut_anew(changes, matrices)
    given = resized([faces.pixels(row) for row in range(len(faces))], SIZE)
    batch = augment(given, changes, ZERO, ONE)
    unflipped = torch.where(changes.sources[:, 0, 0, None, None, None] < 0, batch.flip(3), batch)
    detector = FaceDetector.load(choice.choose(None, "fp32", lambda: None)[0])
    for row, ours in enumerate(unflipped):
        face = faces.image(row).convert("RGB")
        expected, found = as_the_app_does(face, detector)
        assert found == (row < 6), "all but the white picture"
        difference = np.abs(ours.permute(1, 2, 0).numpy() * 255 - np.asarray(expected)).mean()
        assert difference < 6, row  # of 255 levels: it shrinks before it turns, the app after


def test_a_run_that_is_carried_on_keeps_its_cuts(faces, tmp_path, monkeypatch):
    first = recut.cuts(faces, tmp_path)
    monkeypatch.setattr(recut, "find_landmarks", lambda *_: pytest.fail("looked again"))
    assert torch.equal(recut.cuts(faces, tmp_path), first)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_as_many_are_cut_anew_as_the_recipe_says(share):
    given = draw_changes(
        Augmentation(jitter=0, erase=0, recut=share), SIZE, 2000, np.random.default_rng(0)
    )
    moved = cut_anew(given, torch.tensor([[0.9, 0, 0.1], [0, 0.9, 0]]).expand(2000, 2, 3))
    changed = (moved.sources != given.sources).flatten(1).any(1).double().mean()
    assert changed == pytest.approx(share, abs=0.03)
