"""The text of `RESULTS.md`: reproduced figures, their spread, and those of others beside them."""

from collections.abc import Sequence

import numpy as np

from fer.evaluation.comparison import comparison_tables, head_of_accuracies
from fer.evaluation.report import in_training
from fer.models.records import AblationRow, Metrics, SplitFigures
from model_cards.references import all_published, judged_on

# What the project that this one began as had of RAF-DB test, in percent: overall, mean-class. Its
# DDAMFN started from MS-Celeb-1M.
EXPECTED = {
    "ddamfn": (91.07, 84.64),
    "convnext": (87.29, 78.10),
    "soft vote": (91.59, 84.95),
    "ensemble": (91.62, 83.69),
}
TOGETHER = ("soft vote", "ensemble")
WITH_START = ("ddamfn", *TOGETHER)
WITHOUT_START = (
    "DDAMFN does not begin with MS-Celeb-1M, as it did in its paper, so less is to be expected "
    "of it, and of what it is a member of, than what is published: `--msceleb` takes your own "
    "copy of MFN_msceleb.pth."
)


def text(seeds: Sequence[Metrics], started: bool) -> str:
    """The tables of an ensemble's figures as Markdown, a section a split.

    `seeds` are the metrics of the same ensemble trained with several seeds: of all of them come the
    means, of the first one the tables. `started` says whether DDAMFN began with MS-Celeb-1M.
    """
    sections = []
    for split, figures in seeds[0].items():
        heading = f"## {split.capitalize()}, {figures.n:,} faces of {figures.provenance.data}"
        parts = [heading]
        if len(seeds) > 1:
            parts += [means([metrics[split] for metrics in seeds]), "Of the first seed:"]
        parts.append(comparison_tables(figures.ablation or [], figures.mcnemar or []))
        if figures.not_in_training:
            parts.append(in_training(figures, "the ensemble"))
        if is_rafdb_test(figures):
            parts.append(beside_others([metrics[split] for metrics in seeds], started))
        sections.append("\n\n".join(parts))
    return "\n\n".join(sections) + "\n"


def means(seeds: Sequence[SplitFigures]) -> str:
    """Mean and standard deviation of every accuracy over runs with several seeds, in percent."""
    lines = head_of_accuracies(seeds[0].levels_5 is not None)
    for rows in _by_name(seeds):
        accuracies = np.array([_accuracies(row) for row in rows])
        spread = accuracies.std(axis=0, ddof=1)
        cells = [f"{m:.2f} ± {s:.2f}" for m, s in zip(accuracies.mean(axis=0), spread, strict=True)]
        lines.append(f"| {' | '.join([rows[0].name, *cells])} |")
    said = f"Mean and standard deviation over {len(seeds)} seeds, in percent:"
    return "\n".join([said, "", *lines])


def is_rafdb_test(figures: SplitFigures) -> bool:
    """Whether the faces are those of RAF-DB's test split."""
    return (judged_on(figures), figures.provenance.split) == ("RAF-DB", "test")


def beside_others(seeds: Sequence[SplitFigures], started: bool) -> str:
    """What was expected and what others published, beside what was reproduced, in percent."""
    others = {rows[0].name for rows in _by_name(seeds)} - EXPECTED.keys()
    lines = [
        "Expected, and published on RAF-DB test, in percent:",
        "",
        "| | reproduced | expected or published | caution |",
        "|---|---|---|---|",
    ]
    for rows in _by_name(seeds):
        if rows[0].name in EXPECTED:
            overall, mean_class = np.mean([_accuracies(row)[:2] for row in rows], axis=0)
            expected = " / ".join(f"{figure:.2f}" for figure in EXPECTED[rows[0].name])
            lower = not started and rows[0].name in WITH_START
            caution = "expect less: no MS-Celeb-1M start" if lower else "one run of an earlier code"
            if others and rows[0].name in TOGETHER:
                caution += "; that was of ddamfn and convnext alone"
            lines.append(
                f"| {rows[0].name}, overall / mean-class | {overall:.2f} / {mean_class:.2f} | "
                f"{expected} | {caution} |"
            )
    lines += [
        f"| [{row.name}]({row.source}), overall | | {row.overall:.2f} | {row.caution} |"
        for row in all_published()
        if row.on == "RAF-DB test"
    ]
    return "\n".join([*lines, *([] if started else ["", WITHOUT_START])])


def _by_name(seeds: Sequence[SplitFigures]) -> list[tuple[AblationRow, ...]]:
    """The rows of an ablation table, each as every seed has it."""
    return list(zip(*(figures.ablation or [] for figures in seeds), strict=True))


def _accuracies(row: AblationRow) -> tuple[float, ...]:
    shares = row.overall_accuracy.value, row.mean_class_accuracy.value, row.levels_5, row.levels_3
    return tuple(100 * share for share in shares if share is not None)
