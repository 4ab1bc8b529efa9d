"""Every face of many photos, a row each; a click on a head sorts by that column."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from fer.ui import formatting
from fer.ui.assets import html

COLUMNS = {
    "file": "Photo",
    "face": "Face",
    "emotion": "Expression",
    "sure": "Sure",
    "valence": "Valence",
    "levels_5": "Five levels",
    "levels_3": "Three levels",
}


def render(frame: pd.DataFrame) -> Markup:
    """The table of `fer.batch.Results`."""
    return html(
        "results_table",
        heads=list(COLUMNS.values()),
        rows=[[_cell(row[name]) for name in COLUMNS] for row in frame.to_dict("records")],
    )


def _cell(value: Any) -> tuple[str, float | None]:
    """What is written, and the number to sort by where there is one."""
    if isinstance(value, bool):
        return "yes" if value else "not sure", None
    if isinstance(value, float):
        return formatting.valence(value), value
    return str(value), value if isinstance(value, int) else None
