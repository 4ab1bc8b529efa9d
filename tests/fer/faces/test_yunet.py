"""The network's maps, and how they are read."""

import numpy as np
import pytest
import torch

from fer.engines.openvino_engine import OpenVinoEngine
from fer.faces.candidates import Candidates, decode, each_once, new_ones
from fer.faces.detector import FaceDetector
from fer.faces.yunet import trained_yunet


def test_a_map_for_each_stride():
    maps = trained_yunet()(torch.zeros(2, 3, 64, 96))
    assert [tuple(answer.shape) for answer in maps] == [
        (2, 15, 8, 12), (2, 15, 4, 6), (2, 15, 2, 3)
    ]  # fmt: skip


def test_the_graph_is_the_network():
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 3, 128, 192)).astype(np.float32)
    ours = FaceDetector.load(OpenVinoEngine()).network(pixels)
    for answer, expected in zip(ours, trained_yunet()(torch.from_numpy(pixels)), strict=True):
        np.testing.assert_allclose(answer, expected.numpy(), atol=1e-4)


def test_as_many_numbers_as_published():
    assert sum(parameter.numel() for parameter in trained_yunet().parameters()) == 53_104


def test_scores_are_between_0_and_1_whatever_comes_in(detector):
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 3, 128, 128)).astype(np.float32)
    for answer in detector.network(pixels):
        assert ((answer[:, 0] >= 0) & (answer[:, 0] <= 1)).all()


@pytest.mark.parametrize(("level", "stride"), [(0, 8), (1, 16), (2, 32)])
def test_a_cell_is_read_in_its_stride(level, stride):
    """Centre and landmarks count from the cell's corner, sides are logarithms."""
    maps = [np.zeros((1, 15, size, size), np.float32) for size in (16, 8, 4)]
    values = [0.9, 0.5, 0.25, np.log(2), np.log(3), *range(10)]
    maps[level][0, :, 2, 1] = values  # row 2, column 1
    (found,) = decode(maps, 0.5)
    assert found.scores == pytest.approx([0.9])
    assert (found.boxes / stride).tolist() == [pytest.approx([0.5, 0.75, 2.5, 3.75])]
    expected = np.arange(10).reshape(5, 2) + np.array([1, 2])
    assert np.allclose(found.landmarks[0] / stride, expected)


def test_each_picture_of_a_batch_has_its_own_answers():
    maps = [np.zeros((2, 15, size, size), np.float32) for size in (16, 8, 4)]
    maps[0][1, 0, 3, 3] = 0.9
    assert [len(found) for found in decode(maps, 0.5)] == [0, 1]


def candidates(*rows: tuple[float, tuple[float, float, float, float]]) -> Candidates:
    scores, boxes = zip(*rows, strict=True)
    corners = np.float32(boxes).reshape(-1, 2, 2)
    landmarks = np.repeat(corners.mean(axis=1, keepdims=True), 5, axis=1)
    return Candidates(np.float32(scores), np.float32(boxes), landmarks)


BOX = (0, 0, 100, 100)


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ((200, 0, 300, 100), 2),  # elsewhere
        ((70, 0, 170, 100), 2),  # a neighbour who covers a little
        ((40, 0, 140, 100), 1),  # the same face, placed worse
        ((40, 40, 60, 60), 1),  # an eye taken for a face
        ((80, 80, 110, 110), 2),  # a small face before a large one
    ],
)
def test_one_face_is_one_candidate(other, kept):
    found = each_once(candidates((0.8, other), (0.9, BOX)))
    assert len(found) == kept
    assert found.boxes[0].tolist() == pytest.approx(BOX)
    assert len(new_ones(candidates((0.8, other)), candidates((0.9, BOX)))) == kept - 1


def test_candidates_that_agree_are_averaged():
    found = each_once(candidates((0.9, BOX), (0.9, (20, 0, 120, 100))))
    assert found.boxes.tolist() == [pytest.approx([10, 0, 110, 100])]
    assert found.landmarks[0, 0].tolist() == pytest.approx([60, 50])


def test_nothing_stays_nothing():
    nothing = candidates((0.9, BOX))[:0]
    assert len(each_once(nothing)) == len(new_ones(nothing, nothing)) == 0
