"""What came out of many photos: files to take away, charts, the table, and what went wrong."""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd
from markupsafe import Markup
from PIL import Image

from fer.batch import Results
from fer.bulk.schema import Row, of_face, row
from fer.face import Face
from fer.images import readable
from fer.labels import LEVELS_5
from fer.report import page
from fer.report.faces import SIDE
from fer.report.summary import Summary
from fer.ui import formatting
from fer.ui.assets import html
from fer.ui.components import downloads, expression_bars, results_table
from fer.ui.components.downloads import Download

PICTURE = "picture"  # what a row has besides its columns


@dataclass
class Shown(Results):
    """The same, and what `fer report` shows of them; the clearest faces are kept."""

    summary: Summary = field(default_factory=Summary)

    def add(self, name: str, faces: list[Face]) -> None:
        """Add the faces of a photo."""
        super().add(name, faces)
        if not faces:
            self.summary.add(row(source=name))
        for number, face in enumerate(faces, 1):
            picture = hashlib.sha256(face.crop.tobytes()).hexdigest()  # a copy is shown once
            known = row(source=name, face=number, image_sha256=picture, **of_face(face, 1.0))
            self.summary.add(known | {PICTURE: face.crop})


def render(results: Shown, photos: int) -> Markup:
    """Everything about the results of so many photos."""
    frame, found = results.to_frame(), results.summary
    counted, read = formatting.count(len(frame), "face"), formatting.count(photos, "photo")
    found.failed = photos - found.pictures
    found.pictures = photos
    return html(
        "batch_report",
        head=f"{counted} in {read}",
        downloads="" if frame.empty else _downloads(results, frame),
        body="" if frame.empty else page.body(found, _pictures, failures=False),
        chart="" if frame.empty else _levels(frame),
        table="" if frame.empty else results_table.render(frame),
        problems=results.problems,
    )


def render_opened(name: str, found: Summary) -> Markup:
    """Everything about a results file of that name."""
    counted = formatting.count(found.faces, "face")
    report = page.page(name, found, {}, None).encode()
    return html(
        "batch_report",
        head=f"{readable(name)}: {counted} in {formatting.count(found.pictures, 'picture')}",
        downloads=downloads.render(Download("report.html", report, "text/html")),
        body=page.body(found, None),
        chart="",
        table="",
        problems=[],
    )


def _pictures(rows: list[Row]) -> list[tuple[Row, Image.Image]]:
    return [(row, row[PICTURE].resize((SIDE, SIDE))) for row in rows]


def _levels(frame: pd.DataFrame) -> Markup:
    return _chart("Faces by sentiment", "levels", frame["levels_5"], LEVELS_5)


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
