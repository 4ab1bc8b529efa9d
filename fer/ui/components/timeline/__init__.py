"""The faces of a clip over time. The lines are drawn in the page, for the face chosen there."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from fer.labels import COLOURS, EMOTIONS
from fer.ui import formatting
from fer.ui.assets import html


def render(rows: Sequence[dict[str, Any]]) -> Markup:
    """The plot of the rows of a `fer.video.Timeline`."""
    faces: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        faces.setdefault(row["face"], []).append(_moment(row))
    return html("timeline", faces=faces, colours=COLOURS)


def _moment(row: dict[str, Any]) -> dict[str, Any]:
    """What a face showed at a moment, as numbers to draw and as a text."""
    return {
        "seconds": row["seconds"],
        "valence": row["valence"],
        "probabilities": [row[emotion] for emotion in EMOTIONS],
        "text": (
            f"At {formatting.seconds(row['seconds'])}: {'' if row['sure'] else 'not sure, maybe '}"
            f"{row['emotion']} {formatting.percent(row[row['emotion']])}, "
            f"valence {formatting.valence(row['valence'])}"
        ),
    }
