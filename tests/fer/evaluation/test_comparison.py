"""Answers side by side: the table, McNemar's test, stacking out of fold, pictures."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fer.evaluation.comparison import (
    ablation,
    ablation_table,
    difference,
    holm,
    mcnemar,
    mcnemar_table,
)
from fer.evaluation.metrics import evaluate
from fer.evaluation.plots import draw_plots, shows
from fer.evaluation.stacking import cross_fitted, fit_stacker
from fer.labels import EMOTIONS
from fer.models.records import McNemarPair


def answers(*emotions: int) -> np.ndarray:
    return np.eye(7, dtype=np.float32)[list(emotions)] * 0.94 + 0.01 / 1.1667


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 2 / 2**5),  # five fair coins that all fall on one side, either side
        (6, 0, 2 / 2**6),
        (1, 5, 14 / 2**6),
    ],
)
def test_mcnemar_is_the_exact_test(only_a, only_b, p):
    labels = np.zeros(only_a + only_b + 3, int)
    right_a = [*[0] * only_a, *[1] * only_b, 0, 0, 1]  # two faces both know, one neither
    right_b = [*[1] * only_a, *[0] * only_b, 0, 0, 1]
    (pair,) = mcnemar({"a": answers(*right_a), "b": answers(*right_b)}, labels)
    assert (pair.only_a, pair.only_b) == (only_a, only_b)
    assert pair.p == pytest.approx(p)
    row = mcnemar_table([pair], len(labels)).splitlines()[2]
    assert row.endswith(f"| {pair.p:.2g} | {pair.p:.2g} |")  # one test needs no correction


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # the example of many textbooks
        ([0.2, 0.001, 0.9], [0.4, 0.003, 0.9]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([], []),
    ],
)
def test_p_values_are_corrected_for_their_number(p_values, corrected):
    assert holm(p_values) == pytest.approx(corrected)


@pytest.mark.parametrize(
    ("only_a", "only_b", "n", "pairs", "expected"),
    [
        # By hand: a = 11/102, b = 4/102, their difference 7/102, its standard error 0.0369.
        (10, 3, 100, 1, (0.07, -0.0037, 0.1410)),
        (10, 3, 100, 10, (0.07, -0.0350, 0.1722)),  # 2.807 standard errors instead of 1.960
        (0, 0, 100, 1, (0.0, -0.0272, 0.0272)),
        (5, 0, 5, 1, (1.0, 0.196, 1.0)),  # no further than 1
    ],
)
def test_a_difference_has_an_interval_that_many_pairs_widen(only_a, only_b, n, pairs, expected):
    found = difference(McNemarPair("a", "b", only_a, only_b, 1.0), n, pairs)
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=2e-3)


def test_the_table_of_pairs_says_how_it_is_corrected():
    pairs = [McNemarPair("a", other, 10, 3, p) for other, p in (("b", 0.01), ("c", 0.04))]
    _, _, first, second, _, said = mcnemar_table(pairs, 100).splitlines()
    assert first == "| a | b | 10 | 3 | +7.00 (-1.5 to +15.2) | 0.01 | 0.02 |"
    assert second.endswith("| 0.04 | 0.04 |")
    assert "2 differences hold all at once with 95 % (Bonferroni)" in said
    assert "corrected for as many tests (Holm)" in said


def test_the_table_has_a_row_an_answer():
    labels = np.array([3, 4, 5, 6])
    rows = ablation({"all": answers(3, 4, 5, 6), "fear for anger": answers(3, 4, 1, 6)}, labels)
    assert [row.overall_accuracy.value for row in rows] == [1, 0.75]
    assert [row.levels_5 for row in rows] == [1, 1]  # fear and anger are one level
    table = ablation_table(rows).splitlines()
    assert table[2].startswith("| all | 100.00 (100.0–100.0) | 100.00")
    assert table[3].startswith("| fear for anger | 75.00 (")


@pytest.mark.parametrize("features", ["log-probabilities", "probabilities"])
def test_cross_fitted_answers_know_nothing_of_their_own_label(features):
    """On noise a stacker that saw the labels beats chance, one that did not cannot."""
    generator = np.random.default_rng(0)
    labels = np.arange(140) % 7
    noise = generator.dirichlet(np.ones(7), (2, 140)).astype(np.float32)
    blind = (cross_fitted(noise, labels, features)(noise).argmax(1) == labels).mean()
    assert blind < 0.25
    right = np.eye(7, dtype=np.float32)[None, labels] * 0.5 + noise * 0.5
    assert (cross_fitted(right, labels, features)(right).argmax(1) == labels).mean() > 0.95
    assert fit_stacker(right, labels, features)(right).shape == (140, 7)


def test_plots_are_drawn_and_the_same_for_the_same_figures(tmp_path):
    figures = evaluate(answers(0, 1, 2, 3, 4, 5, 6, 6), np.array([0, 1, 2, 3, 4, 5, 6, 0]))
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        draw_plots(tmp_path / folder, "validation", figures)
    pictures = sorted((tmp_path / "a" / "plots").iterdir())
    assert [path.name for path in pictures] == [
        "validation_confusion.png",
        "validation_per_emotion.png",
        "validation_reliability.png",
    ]
    worse = replace(figures, n=9)
    for path in pictures:
        assert shows(path, "validation", figures)
        assert not shows(path, "validation", worse)
        assert Image.open(path).size == (720, 684)
        assert path.read_bytes() == (tmp_path / "b" / "plots" / path.name).read_bytes()
    assert len(figures.per_class) == len(EMOTIONS)
