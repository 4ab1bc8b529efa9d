"""What was measured, as the README and a terminal show it, and as a picture."""

import hashlib
import json
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from PIL import Image

from benchmarks.records import Accuracy, Comparison, PeerFigures
from fer.bench.limits import verdicts
from fer.bench.records import Machine, Record
from fer.bench.report import figure
from fer.evaluation.plots import BLUE, DPI, FIGURES, ORANGE, STYLE
from fer.models.records import Interval, named_commit

LIMITS = Path(__file__).parent / "limits.json"
SIZE = (5.5, 3.2)  # inches
COLUMNS = ("", "installed", "cold start", "1 face", "10 faces", "found", "false", "memory")
LABELLED = ("overall", "mean-class")


def limits() -> str:
    """What `benchmarks.limits` found of faces that are turned or cut off, in a few sentences."""
    counts = json.loads(LIMITS.read_text(encoding="utf-8"))

    def shares(kind: str) -> str:
        of = {name.removeprefix(kind): own for name, own in counts.items() if name.startswith(kind)}
        return ", ".join(
            f"{100 * own['found'] / own['faces']:.0f} / {100 * own['right'] / own['faces']:.0f} "
            f"at {extent}"
            for extent, own in of.items()
        )

    return (
        "The further a face is turned or cut off, the more often it is missed or misread. Of the "
        "example photos’ faces, percent found / given the same expression as upright and whole, by "
        f"the bundled ensemble: turned, {shares('turned by ')}; cut off by the border, "
        f"{shares('cut by ')}."
    )


def speed(record: Record) -> list[str]:
    """The figures of `fer bench` that have a limit, in Markdown."""
    lines = [
        f"Measured {record.date}{_at(record.commit)} with `fer bench"
        f"{' --quick' * record.quick}` on {_machine(record.machine)}; {record.engine} in "
        f"{record.precision}.",
        "",
        "| | measured | limit |",
        "|---|---|---|",
    ]
    for verdict in verdicts(record):
        limit, found = verdict.limit, verdict.figure
        sign = "≥" if limit.at_least else "≤"
        if found:
            value, bound = figure(found.median, found.unit), figure(limit.bound, found.unit)
            lines.append(f"| {found.what} | {value} | {sign} {bound} |")
    return lines


def section(comparison: Comparison) -> list[str]:
    """The table of peers with where and when it was measured, in Markdown."""
    columns = [*COLUMNS, *(LABELLED if comparison.data else ())]
    measured = [peer for peer in comparison.peers if peer.photos]
    lines = [
        f"Measured {comparison.date}{_at(comparison.commit)} with `{comparison.command}` on "
        f"{_machine(comparison.machine)}, Python {comparison.python}: the size of an environment "
        "with the package alone; a process from its start to the end of its first photo; a photo "
        "of 1280×720 with one face and with ten, from the file to the answer; how many of the ten "
        "were found, and boxes where there is no face; the most memory that the process held.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *(f"| {' | '.join(_cells(peer, bool(comparison.data)))} |" for peer in measured),
        "",
        *(f"- {peer.name} {peer.remark}." for peer in measured if peer.remark),
        *(f"- {peer.name}: {peer.reason}" for peer in comparison.peers if peer.reason),
    ]
    if comparison.data:
        lines += [
            f"- The last two columns: percent of {comparison.n:,} crops of {comparison.data} "
            "labelled rightly, with 95 % intervals. These faces chose our weights and fitted our "
            "stacker, so that its figure in the tables above, on folds that it did not see, is "
            "fairer. The others may have been trained on these photos, with these labels or "
            "others: only the order of magnitude compares.",
        ]
    return lines


def draw(comparison: Comparison, path: Path) -> None:
    """Draw how long each peer takes for a photo."""
    peers = [peer for peer in comparison.peers if peer.photos][::-1]
    with matplotlib.rc_context(STYLE):
        drawing, axes = pyplot.subplots(figsize=SIZE, layout="constrained")
        for i, (shift, colour, name) in enumerate(
            [(0.2, BLUE, "1 face"), (-0.2, ORANGE, "10 faces")]
        ):
            places = [place + shift for place in range(len(peers))]
            values = [peer.photos[i].median_ms for peer in peers]
            bars = axes.barh(places, values, 0.4, color=colour, label=f"a photo with {name}")
            axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=9)
        axes.set_yticks(range(len(peers)), [peer.name for peer in peers])
        axes.tick_params(axis="y", length=0)
        axes.set(xticks=[])  # every bar has its figure beside it
        axes.set_title("Milliseconds from the file to the answer", fontsize=10)
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, 0), ncols=2, frameon=False)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        about: Any = {"Software": None, FIGURES: fingerprint(comparison)}
        drawing.savefig(path, dpi=DPI, metadata=about)
        pyplot.close(drawing)


def fingerprint(comparison: Comparison) -> str:
    """The SHA-256 of what the picture shows."""
    shown = [[peer.name, *(photo.median_ms for photo in peer.photos)] for peer in comparison.peers]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def shows(path: Path, comparison: Comparison) -> bool:
    """Whether a picture was drawn of these figures."""
    with Image.open(path) as picture:
        return picture.info.get(FIGURES) == fingerprint(comparison)


def _cells(peer: PeerFigures, labelled: bool) -> list[str]:
    one, ten = peer.photos
    cells = [
        f"{peer.name} {peer.version}",
        figure(peer.installed_mb, "MB") if peer.installed_mb else "",
        figure(peer.cold_s or 0, "s"),
        figure(one.median_ms, "ms"),
        figure(ten.median_ms, "ms"),
        f"{ten.found}",
        f"{one.false_alarms + ten.false_alarms}",
        figure(peer.memory_mb or 0, "MB"),
    ]
    return cells + (_percents(peer.accuracy) if labelled else [])


def _percents(accuracy: Accuracy | None) -> list[str]:
    if accuracy is None:
        return ["", ""]
    return [_percent(accuracy.overall), _percent(accuracy.mean_class)]


def _percent(share: Interval) -> str:
    return f"{100 * share.value:.1f} ({100 * share.low:.1f}–{100 * share.high:.1f})"


def _machine(machine: Machine) -> str:
    return f"{machine.processor}, {machine.cores} cores ({machine.system})"


def _at(commit: str | None) -> str:
    return f" at commit {named_commit(commit, 12)}" if commit else ""
