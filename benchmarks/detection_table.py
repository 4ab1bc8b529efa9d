"""The detection report as Markdown."""

from typing import Any

INTRODUCTION = """# Finding faces

Written by `python -m benchmarks.detection`; the figures are in `detection.json`. The photos are
composed from what is in the repository and in installed packages, always the same ones. A face
counts as found where a box shares 0.3 of its union with the true one. The landmarks' error is the
median, in distances between the eyes.
"""

NOTE = """Accuracy in percent, overall / mean of the classes. “Right of all” counts a face that was
not found as wrong.
"""

Figures = dict[str, dict[str, Any]]


def render(report: dict[str, dict[str, Any]]) -> str:
    """One page with every detector of the report side by side."""
    parts = [INTRODUCTION]
    for section, title in (
        ("faces", "Faces of the example photos"),
        ("FER+ faces", "Faces of FER+"),
    ):
        tables = {name: own[section] for name, own in report.items() if section in own}
        if tables:
            parts += [f"## {title}\n", _found(tables)]
    tables = {name: own["no face"] for name, own in report.items() if "no face" in own}
    if tables:
        parts += ["## Photos without a face\n", _imagined(tables)]
    ends = {name: own["end to end"] for name, own in report.items() if "end to end" in own}
    if ends:
        parts += ["## From the photo to the expression\n", _end_to_end(ends)]
    return "\n".join(parts)


def _found(tables: dict[str, Figures]) -> str:
    heads = [f"{name}: {what}" for name in tables for what in ("found", "false", "landmarks")]
    lines = _header(["photos", "faces", *heads])
    kinds = list(next(iter(tables.values())))
    for kind in kinds:
        faces = next(iter(tables.values()))[kind]["faces"]
        cells = [kind, str(faces)]
        for own in tables.values():
            error = own[kind]["landmark_error"]
            cells += [_share(own[kind]["found"], faces), str(own[kind]["false_alarms"])]
            cells.append("–" if error is None else f"{error:.3f}")
        lines.append(_line(cells))
    total = sum(figures["faces"] for figures in next(iter(tables.values())).values())
    cells = ["**all**", str(total)]
    for own in tables.values():
        cells.append(_share(sum(figures["found"] for figures in own.values()), total))
        cells += [str(sum(figures["false_alarms"] for figures in own.values())), ""]
    return "\n".join([*lines, _line(cells), ""])


def _imagined(tables: dict[str, Figures]) -> str:
    lines = _header(["kind", "photos", *(f"{name}: false" for name in tables)])
    first = next(iter(tables.values()))
    for kind, figures in first.items():
        alarms = [str(own[kind]["false_alarms"]) for own in tables.values()]
        lines.append(_line([kind, str(figures["photos"]), *alarms]))
    return "\n".join([*lines, ""])


def _end_to_end(ends: Figures) -> str:
    lines = _header(
        ["detector", "faces", "found", "false", "ready crops", "the same, of faces found",
         "cut from photos", "same answer", "right of all"]
    )  # fmt: skip
    for name, own in ends.items():
        shares = [
            " / ".join(f"{100 * share:.1f}" for share in own[key].values())
            for key in ("ready_crops", "ready_crops_of_found", "cut_from_photos")
        ]
        last = [f"{100 * own[key]:.1f} %" for key in ("same_answer", "right_of_all")]
        counts = [str(own["faces"]), _share(own["found"], own["faces"]), str(own["false_alarms"])]
        lines.append(_line([name, *counts, *shares, *last]))
    return "\n".join([*lines, "", NOTE])


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)"


def _header(cells: list[str]) -> list[str]:
    return [_line(cells), _line(["---"] * len(cells))]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
