import numpy as np
import pytest

from fer.labels import COLOURS, EMOTIONS, LEVELS_3, LEVELS_5, colours, to_levels, valence


def test_order_is_raf_db():
    assert EMOTIONS == (
        "surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("emotion", "level_5", "level_3", "expected_valence"),
    [
        ("surprise", "positive", "positive", 0.5),
        ("fear", "very negative", "negative", -1.0),
        ("disgust", "very negative", "negative", -1.0),
        ("happiness", "very positive", "positive", 1.0),
        ("sadness", "negative", "negative", -0.5),
        ("anger", "very negative", "negative", -1.0),
        ("neutral", "neutral", "neutral", 0.0),
    ],
)
def test_level_and_valence_of_each_emotion(emotion, level_5, level_3, expected_valence):
    certain = np.eye(7, dtype=np.float32)[EMOTIONS.index(emotion)]
    assert list(LEVELS_5)[to_levels(certain, LEVELS_5).argmax()] == level_5
    assert list(LEVELS_3)[to_levels(certain, LEVELS_3).argmax()] == level_3
    assert valence(certain) == pytest.approx(expected_valence)


@pytest.mark.parametrize(("scale", "order"), [
    (LEVELS_5, ["very negative", "negative", "neutral", "positive", "very positive"]),
    (LEVELS_3, ["negative", "neutral", "positive"]),
])  # fmt: skip
def test_levels_go_from_negative_to_positive_and_keep_the_sum(scale, order):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(7), 20).astype(np.float32)
    assert list(scale) == order
    np.testing.assert_allclose(to_levels(probabilities, scale).sum(axis=1), 1, rtol=1e-5)


def test_a_level_is_the_sum_of_its_emotions():
    # No single emotion leads, yet the negative ones together do.
    probabilities = np.array([0.0, 0.2, 0.2, 0.3, 0.0, 0.2, 0.1], np.float32)
    assert to_levels(probabilities, LEVELS_5)[0] == pytest.approx(0.6)
    assert to_levels(probabilities, LEVELS_3)[0] == pytest.approx(0.6)


def test_every_label_has_a_colour_of_its_own():
    others = [f"label {number}" for number in range(21)]
    drawn = colours([*EMOTIONS, *others])
    assert {name: drawn[name] for name in EMOTIONS} == COLOURS
    assert len(set(drawn.values())) == 28
