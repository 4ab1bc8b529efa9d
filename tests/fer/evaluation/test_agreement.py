"""Recorded figures come out again, to the last bit here and nearly so on other processors."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from fer.evaluation.agreement import compare
from fer.evaluation.comparison import ablation, mcnemar
from fer.evaluation.metrics import evaluate
from fer.models.records import Interval, Provenance, SplitFigures

SOURCE = Provenance("faces", "test", "abc", "recipe", {"w": "1"}, "2026-11-27", {"torch": "2"})
N, BRINK = 1000, 60


@cache
def figures(noise: float = 0.0, turned: int = 0, name: str = "both") -> SplitFigures:
    """What two models answer to N faces; `noise` is another processor's, which has `turned` some
    of those on the brink."""
    generator = np.random.default_rng(0)
    labels = np.arange(N) % 7
    logits = generator.normal(size=(2, N, 7)) + 2 * np.eye(7)[labels]
    logits += np.random.default_rng(1).normal(0, noise, logits.shape)
    for row in range(BRINK):
        second = 3 + 1e-4 * (1 if row < turned else -1)
        logits[:, row, labels[row]], logits[:, row, labels[row] - 1] = 3, second
    rows = (np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)).astype(np.float32)
    answers = {"one": rows[0], name: rows.mean(axis=0)}
    return SplitFigures(
        **vars(evaluate(answers[name], labels)),
        times_scored=1,
        ablation=ablation(answers, labels),
        mcnemar=mcnemar(answers, labels),
        provenance=SOURCE,
    )


RECORDED = figures()


@pytest.mark.parametrize(
    ("measured", "exact"),
    [
        (figures(), True),
        (figures(name="a copy of both"), True),
        (replace(figures(), times_scored=2), True),
        (replace(figures(), provenance=replace(SOURCE, commit="d", date="e", versions={})), True),
        (replace(figures(), provenance=replace(SOURCE, data="FACES")), True),
        (figures(noise=1e-6), False),
        (figures(noise=1e-6, turned=1), False),
    ],
    ids=["same", "renamed", "once more", "later", "spelling", "rounded", "one turned"],
)
def test_what_comes_out(measured, exact):
    agreement = compare(measured, RECORDED)
    assert agreement.differences == []
    assert agreement.exact == exact


@pytest.mark.parametrize("noise", [0.0, 1e-6], ids=["here", "on another processor"])
@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"n": N + 9}, "n"),
        ({"log_loss": RECORDED.log_loss + 0.01}, "log_loss"),
        ({"levels_5": replace(RECORDED.levels_5, accuracy=0.99)}, "levels_5.accuracy"),
        (
            {"overall_accuracy": Interval(RECORDED.overall_accuracy.value, 0.1, 0.9)},
            "overall_accuracy.low",
        ),
        ({"provenance": replace(SOURCE, data="others")}, "provenance.data"),
        ({"provenance": replace(SOURCE, weights={"w": "2"})}, "provenance.weights.w"),
        ({"mcnemar": [replace(RECORDED.mcnemar[0], only_b=900)]}, "mcnemar.0.only_b"),
        ({"ablation": None}, "ablation.0.name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not(noise, change, path):
    agreement = compare(figures(noise), replace(RECORDED, **change))
    assert path in [one.path for one in agreement.differences]
    assert agreement.exact == (noise == 0)


def test_many_faces_answered_otherwise_are_no_rounding():
    assert compare(figures(noise=1e-6, turned=BRINK), RECORDED).differences


def test_who_looks_like_another_processor_gains_no_face():
    bins = [replace(one, confidence=one.confidence + 1e-6) for one in RECORDED.reliability]
    better = replace(RECORDED.levels_5, accuracy=RECORDED.levels_5.accuracy + 0.005)
    agreement = compare(figures(), replace(RECORDED, reliability=bins, levels_5=better))
    assert not agreement.exact
    assert [one.path for one in agreement.differences] == ["levels_5.accuracy"]


def test_here_a_change_that_nobody_would_see_is_named():
    (one,) = compare(figures(), replace(RECORDED, log_loss=RECORDED.log_loss + 1e-6)).differences
    assert one.path == "log_loss"
