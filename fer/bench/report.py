"""A record as people read it in a terminal."""

import math
from collections.abc import Sequence

from fer.bench.limits import Verdict
from fer.bench.records import Measurement, Outcome, Record
from fer.models.records import named_commit

COLUMNS = ("median", "middle half of the runs", "runs")


def table(record: Record) -> str:
    """Every figure, group by group."""
    outcomes: list[Outcome] = [*record.measured, *record.skipped]
    wide = max(len(one.what) for one in outcomes)
    lines = [*heading(record), ""]
    for group in dict.fromkeys(one.group for one in outcomes):
        lines += [f"{group:<{wide + 2}}  {COLUMNS[0]:>16}  {COLUMNS[1]:>24}  {COLUMNS[2]:>5}"]
        lines += ["─" * (wide + 53)]
        lines += [_row(one, wide) for one in outcomes if one.group == group]
        lines += [""]
    return "\n".join(lines)


def heading(record: Record) -> list[str]:
    """Where and with what it was measured."""
    machine = record.machine
    quick = ", quick: few runs" if record.quick else ""
    commit = f" at commit {named_commit(record.commit, 12, '')}" if record.commit else ""
    versions = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    return [
        f"fer {record.version}{commit}, {record.date}{quick}",
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gb:.0f} GB, {machine.system}",
        f"{record.model} by {record.engine} in {record.precision}; {versions}",
    ]


def outcome(verdicts: Sequence[Verdict]) -> str:
    """Every limit reached or not, and how many were not."""
    missed = sum(one.missed for one in verdicts)
    lines = [_line(one) for one in verdicts]
    end = f"{missed} of {len(verdicts)} limits missed." if missed else "No limit is missed."
    return "\n".join([*lines, "", end])


def figure(value: float, unit: str) -> str:
    """A figure to three digits, with its unit; a whole number as it is."""
    decimals = 0 if value == round(value) else max(0, 2 - math.floor(math.log10(abs(value))))
    number = f"{value:,.{min(decimals, 3)}f}"
    return number + unit if unit in "×%" else f"{number} {unit}"


def _row(one: Outcome, wide: int) -> str:
    if not isinstance(one, Measurement):
        return f"  {one.what:<{wide}}  {'–':>16}  {one.reason}"
    spread = f"{figure(one.low, one.unit)} – {figure(one.high, one.unit)}" if one.runs > 1 else ""
    return f"  {one.what:<{wide}}  {figure(one.median, one.unit):>16}  {spread:>24}  {one.runs:>5}"


def _line(verdict: Verdict) -> str:
    limit, found = verdict.limit, verdict.figure
    mark = "✗" if verdict.missed else "✓" if found else "–"
    if not found:
        return f"{mark} {limit.what}: {verdict.reason or 'It was not measured.'}"
    sign, word = "≥" if limit.at_least else "≤", "missed" if verdict.missed else "reached"
    value, bound = figure(found.median, found.unit), figure(limit.bound, found.unit)
    return f"{mark} {found.what}: {value}, {word} ({sign} {bound})"
