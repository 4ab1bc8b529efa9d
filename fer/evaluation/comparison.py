"""Several answers to the same faces, side by side: the ablation table and McNemar's test."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from fer.evaluation.metrics import evaluate

Answers = dict[str, NDArray[np.float32]]  # by name, probabilities N×7 of the same N faces
Labels = NDArray[np.int64]


def ablation(answers: Answers, labels: Labels) -> list[dict[str, Any]]:
    """A row per answer."""
    return [table_row(name, evaluate(rows, labels)) for name, rows in answers.items()]


def table_row(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    """Accuracy on 7, 5 and 3 levels with its interval, mean-class, calibration.

    The levels are those of the answered emotion, as published tables have them.
    """
    row = {key: figures[key] for key in ("n", "overall_accuracy", "mean_class_accuracy")}
    row |= {key: figures[key]["mapped_accuracy"] for key in ("levels_5", "levels_3")}
    return {"name": name, **row, "ece": figures["ece"], "log_loss": figures["log_loss"]}


def mcnemar(answers: Answers, labels: Labels) -> list[dict[str, Any]]:
    """For each pair: faces that only one answers rightly, and the p-value that this is chance.

    The exact test (Q. McNemar, 1947): both being equally good, each such face is a fair coin.
    """
    right = {name: rows.argmax(axis=1) == labels for name, rows in answers.items()}
    pairs = []
    for a, b in itertools.combinations(answers, 2):
        only_a, only_b = int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())
        p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
        pairs.append({"a": a, "b": b, "only_a": only_a, "only_b": only_b, "p": float(p)})
    return pairs


def ablation_table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, in percent."""
    lines = ["| | overall | mean-class | 5 levels | 3 levels |", "|---|---|---|---|---|"]
    for row in rows:
        accuracies = [_percent(row[key]) for key in ("overall_accuracy", "mean_class_accuracy")]
        levels = [f"{100 * row[key]:.2f}" for key in ("levels_5", "levels_3")]
        lines.append(f"| {' | '.join([row['name'], *accuracies, *levels])} |")
    return "\n".join(lines)


def mcnemar_table(pairs: list[dict[str, Any]]) -> str:
    """The pairs as a Markdown table."""
    lines = ["| A | B | only A right | only B right | p (McNemar) |", "|---|---|---|---|---|"]
    for pair in pairs:
        cells = [pair["a"], pair["b"], str(pair["only_a"]), str(pair["only_b"])]
        lines.append(f"| {' | '.join(cells)} | {pair['p']:.2g} |")
    return "\n".join(lines)


def _percent(figure: dict[str, float]) -> str:
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.2f} ({low:.1f}–{high:.1f})"
