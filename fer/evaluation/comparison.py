"""Several answers to the same faces, side by side: the ablation table and McNemar's test."""

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from fer.evaluation.metrics import evaluate
from fer.models.records import AblationRow, Figures, Interval, McNemarPair

Answers = dict[str, NDArray[np.float32]]  # by name, probabilities N×7 of the same N faces
Labels = NDArray[np.int64]


def ablation(answers: Answers, labels: Labels) -> list[AblationRow]:
    """A row per answer."""
    return [ablation_row(name, evaluate(rows, labels)) for name, rows in answers.items()]


def ablation_row(name: str, figures: Figures) -> AblationRow:
    """Accuracy on 7, 5 and 3 levels with its interval, mean-class, calibration.

    The levels are those of the answered emotion, as published tables have them.
    """
    return AblationRow(
        name,
        figures.n,
        figures.overall_accuracy,
        figures.mean_class_accuracy,
        figures.levels_5.mapped_accuracy,
        figures.levels_3.mapped_accuracy,
        figures.ece,
        figures.log_loss,
    )


def mcnemar(answers: Answers, labels: Labels) -> list[McNemarPair]:
    """For each pair: faces that only one answers rightly, and the p-value that this is chance.

    The exact test (Q. McNemar, 1947): both being equally good, each such face is a fair coin.
    """
    right = {name: rows.argmax(axis=1) == labels for name, rows in answers.items()}
    pairs = []
    for a, b in itertools.combinations(answers, 2):
        only_a, only_b = int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())
        p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
        pairs.append(McNemarPair(a, b, only_a, only_b, float(p)))
    return pairs


def ablation_table(rows: list[AblationRow]) -> str:
    """The rows as a Markdown table, in percent."""
    lines = ["| | overall | mean-class | 5 levels | 3 levels |", "|---|---|---|---|---|"]
    for row in rows:
        accuracies = [_percent(row.overall_accuracy), _percent(row.mean_class_accuracy)]
        levels = [f"{100 * share:.2f}" for share in (row.levels_5, row.levels_3)]
        lines.append(f"| {' | '.join([row.name, *accuracies, *levels])} |")
    return "\n".join(lines)


def mcnemar_table(pairs: list[McNemarPair]) -> str:
    """The pairs as a Markdown table."""
    lines = ["| A | B | only A right | only B right | p (McNemar) |", "|---|---|---|---|---|"]
    for pair in pairs:
        cells = [pair.a, pair.b, str(pair.only_a), str(pair.only_b)]
        lines.append(f"| {' | '.join(cells)} | {pair.p:.2g} |")
    return "\n".join(lines)


def comparison_tables(rows: list[AblationRow], pairs: list[McNemarPair]) -> str:
    """Both tables, one below the other."""
    return f"{ablation_table(rows)}\n\n{mcnemar_table(pairs)}"


def _percent(figure: Interval) -> str:
    value, low, high = (100 * share for share in (figure.value, figure.low, figure.high))
    return f"{value:.2f} ({low:.1f}–{high:.1f})"
