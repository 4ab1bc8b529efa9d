"""Answers side by side: the table, McNemar's test, stacking out of fold, pictures."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from fer.evaluation.comparison import ablation, ablation_table, mcnemar, mcnemar_table
from fer.evaluation.metrics import evaluate
from fer.evaluation.plots import draw_plots, shows
from fer.evaluation.stacking import cross_fitted, fit_stacker
from fer.labels import EMOTIONS


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
    assert mcnemar_table([pair]).endswith(f"| {pair.p:.2g} |")


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
        assert shows(path, figures)
        assert not shows(path, worse)
        assert Image.open(path).size == (720, 684)
        assert path.read_bytes() == (tmp_path / "b" / "plots" / path.name).read_bytes()
    assert len(figures.per_class) == len(EMOTIONS)
