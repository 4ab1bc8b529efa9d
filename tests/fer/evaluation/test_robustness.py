"""Spoilt faces: each way does what it says, and the figures of slices are those of spoilt faces."""

import numpy as np
import pytest
from PIL import Image

from fer.data import LabelledFaces
from fer.evaluation.robustness import CORRUPTIONS, group_figures, subset_figures

FACE = Image.fromarray(np.random.default_rng(0).integers(60, 200, (48, 48, 3), np.uint8))


def mean(face):
    return np.asarray(face, float).mean()


def detail(face):
    return np.abs(np.diff(np.asarray(face, float), axis=1)).mean()


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("as they are", lambda face: np.array_equal(face, FACE)),
        ("out of focus", lambda face: detail(face) < 0.7 * detail(FACE)),
        ("noisy", lambda face: detail(face) > 1.05 * detail(FACE)),
        ("a third of the light", lambda face: mean(face) == pytest.approx(mean(FACE) / 3, abs=1)),
        ("JPEG of quality 10", lambda face: detail(face) < 0.9 * detail(FACE)),
        ("half the resolution", lambda face: detail(face) < 0.7 * detail(FACE)),
        ("nose and mouth covered", lambda face: np.ptp(np.asarray(face)[27:]) == 0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_way_of_spoiling_a_face(way, says):
    before = FACE.copy()
    spoilt = CORRUPTIONS[way](FACE)
    assert (spoilt.mode, spoilt.size) == ("RGB", (48, 48))
    assert says(spoilt)
    assert np.array_equal(spoilt, CORRUPTIONS[way](FACE)), "the same every time"
    assert np.array_equal(FACE, before), "the face itself is left alone"


def test_every_way_is_tested():
    (table,) = (m for m in test_a_way_of_spoiling_a_face.pytestmark if m.name == "parametrize")
    assert [row[0] for row in table.args[1]] == list(CORRUPTIONS)


def test_a_row_has_both_accuracies():
    probabilities = np.eye(7, dtype=np.float32)[[0, 0, 1, 1]]
    row = subset_figures("dark", probabilities, np.array([0, 0, 0, 1]))
    assert (row.name, row.n) == ("dark", 4)
    assert row.overall_accuracy.value == 3 / 4
    assert row.mean_class_accuracy.value == pytest.approx((2 / 3 + 1) / 2)


def test_groups_are_told_apart():
    labels = np.array([0, 0, 1, 1])
    people = {"age": np.array(["20–39", "4–19", "20–39", "4–19"])}
    faces = LabelledFaces(None, labels, np.eye(7)[labels], people)
    rows = group_figures(np.eye(7, dtype=np.float32)[[0, 1, 1, 1]], faces)
    found = [(row.name, row.n, row.overall_accuracy.value) for row in rows]
    assert found == [("age: 4–19", 2, 1 / 2), ("age: 20–39", 2, 1)]
