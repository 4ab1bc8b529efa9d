"""Several answers to the same faces, side by side: the ablation table and McNemar's test.

Of many pairs some differ by chance, so what is said of them is corrected for their number.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from fer.evaluation.metrics import evaluate
from fer.labels import SEVEN, LabelSet
from fer.models.records import AblationRow, Figures, Interval, McNemarPair

Answers = dict[str, NDArray[np.float32]]  # by name, probabilities N×7 of the same N faces
Labels = NDArray[np.int64]


def ablation(answers: Answers, labels: Labels, label_set: LabelSet = SEVEN) -> list[AblationRow]:
    """A row per answer."""
    return [ablation_row(name, evaluate(rows, labels, label_set)) for name, rows in answers.items()]


def ablation_row(name: str, figures: Figures) -> AblationRow:
    """Accuracy on 7, 5 and 3 levels with its interval, mean-class, calibration.

    The levels are those of the answered emotion, as published tables have them.
    """
    levels = figures.levels_5, figures.levels_3
    levels_5, levels_3 = (level.mapped_accuracy if level else None for level in levels)
    return AblationRow(
        name=name,
        n=figures.n,
        overall_accuracy=figures.overall_accuracy,
        mean_class_accuracy=figures.mean_class_accuracy,
        levels_5=levels_5,
        levels_3=levels_3,
        ece=figures.ece,
        log_loss=figures.log_loss,
    )


def mcnemar(answers: Answers, labels: Labels) -> list[McNemarPair]:
    """For each pair: faces that only one answers rightly, and the p-value that this is chance.

    The exact test (Q. McNemar, 1947): both being equally good, each such face is a fair coin.
    """
    right = {name: rows.argmax(axis=1) == labels for name, rows in answers.items()}
    pairs = []
    for a, b in itertools.combinations(answers, 2):
        only_a, only_b = int((right[a] & ~right[b]).sum()), int((right[b] & ~right[a]).sum())
        pairs.append(McNemarPair(a, b, only_a, only_b, chance(only_a, only_b)))
    return pairs


def chance(only_a: int, only_b: int) -> float:
    """How likely such a difference, or a larger one, is between equally good answers."""
    return float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests, corrected for their number (S. Holm, Scand. J. Stat. 6, 1979)."""
    given = np.asarray(p_values, float)
    order = given.argsort()
    corrected = np.empty_like(given)
    corrected[order] = np.maximum.accumulate(np.arange(len(given), 0, -1) * given[order])
    return corrected.clip(max=1).tolist()


def difference(pair: McNemarPair, n: int, pairs: int = 1) -> Interval:
    """The accuracy of A less that of B on n faces; the intervals of so many `pairs` hold all at
    once with 95 % (Bonferroni).

    Each is D. Bonett's and R. Price's for paired proportions (J. Educ. Behav. Stat. 37, 2012).
    """
    a, b = ((only + 1) / (n + 2) for only in (pair.only_a, pair.only_b))
    width = norm.ppf(1 - 0.025 / pairs) * np.sqrt((a + b - (a - b) ** 2) / (n + 2))
    low, high = float(max(-1, a - b - width)), float(min(1, a - b + width))
    return Interval((pair.only_a - pair.only_b) / n, low, high)


def head_of_accuracies(scales: bool) -> list[str]:
    """The first two lines of a Markdown table, which has the levels where there are scales."""
    names = ["overall", "mean-class", *(["5 levels", "3 levels"] if scales else [])]
    return [f"| | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]


def ablation_table(rows: list[AblationRow]) -> str:
    """The rows as a Markdown table, in percent."""
    scales = any(row.levels_5 is not None for row in rows)
    lines = head_of_accuracies(scales)
    for row in rows:
        accuracies = [_percent(row.overall_accuracy), _percent(row.mean_class_accuracy)]
        shares = (row.levels_5, row.levels_3)
        levels = [f"{100 * share:.2f}" for share in shares if share is not None]
        lines.append(f"| {' | '.join([row.name, *accuracies, *levels])} |")
    return "\n".join(lines)


def mcnemar_table(pairs: list[McNemarPair], n: int) -> str:
    """The pairs, on n faces, as a Markdown table, and below it how they are corrected."""
    lines = [
        "| A | B | only A right | only B right | A − B, points | p (McNemar) | p (Holm) |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair, corrected in zip(pairs, holm([pair.p for pair in pairs]), strict=True):
        points = _percent(difference(pair, n, len(pairs)), "+")
        cells = [pair.a, pair.b, str(pair.only_a), str(pair.only_b), points]
        lines.append(f"| {' | '.join(cells)} | {pair.p:.2g} | {corrected:.2g} |")
    if len(pairs) == 1:
        return "\n".join(lines)
    said = (
        f"The intervals of the {len(pairs)} differences hold all at once with 95 % (Bonferroni); "
        "the last p is corrected for as many tests (Holm). Intervals of accuracies hold each by "
        "itself."
    )
    return "\n".join([*lines, "", said])


def comparison_tables(rows: list[AblationRow], pairs: list[McNemarPair]) -> str:
    """Both tables, one below the other."""
    return f"{ablation_table(rows)}\n\n{mcnemar_table(pairs, rows[0].n)}"


def _percent(figure: Interval, sign: str = "") -> str:
    value, low, high = (100 * share for share in (figure.value, figure.low, figure.high))
    between = " to " if sign else "–"  # which would look like a minus
    return f"{value:{sign}.2f} ({low:{sign}.1f}{between}{high:{sign}.1f})"
