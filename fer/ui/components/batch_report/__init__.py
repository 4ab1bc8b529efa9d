"""What came out of many photos: files to take away, charts, the table, and what went wrong."""

import io
from collections.abc import Iterable

import pandas as pd
from markupsafe import Markup

from fer.batch import Results
from fer.labels import EMOTIONS, LEVELS_5
from fer.ui import formatting
from fer.ui.assets import html
from fer.ui.components import downloads, expression_bars, results_table
from fer.ui.components.downloads import Download


def render(results: Results, photos: int) -> Markup:
    """Everything about the results of so many photos."""
    frame = results.to_frame()
    found, read = formatting.count(len(frame), "face"), formatting.count(photos, "photo")
    return html(
        "batch_report",
        head=f"{found} in {read}",
        downloads="" if frame.empty else _downloads(results, frame),
        charts=[] if frame.empty else _charts(frame),
        table="" if frame.empty else results_table.render(frame),
        problems=results.problems,
    )


def _charts(frame: pd.DataFrame) -> list[Markup]:
    return [
        _chart("Faces by expression", "emotions", frame["emotion"], EMOTIONS),
        _chart("Faces by sentiment", "levels", frame["levels_5"], LEVELS_5),
    ]


def _chart(title: str, kind: str, column: pd.Series, names: Iterable[str]) -> Markup:
    shares = {name: float((column == name).mean()) for name in names}
    return expression_bars.render(title, kind, shares, lambda share: f"{share * len(column):.0f}")


def _downloads(results: Results, frame: pd.DataFrame) -> Markup:
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    return downloads.render(
        Download("faces.csv", results.to_csv().encode(), "text/csv"),
        Download("faces.parquet", parquet.getvalue(), "application/vnd.apache.parquet"),
    )
