"""The batch tab: many photos or a zip into a table, charts and files to take away."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from fer import batch
from fer.bulk import tables
from fer.errors import FerError
from fer.report.summary import Summary
from fer.ui.assets import script
from fer.ui.backend import Backend
from fer.ui.components import batch_report, long_job
from fer.ui.components.long_job import Progress
from fer.ui.server import uploads

INVITATION = f"""
## Many photos at once
Up to {batch.MAX_PHOTOS} photos, or zips of them. You get a table with a row for each face. Or open
what `fer batch` wrote, a Parquet, CSV or JSON lines file.
"""
MAX_ROWS = 1_000_000  # of results that are opened: it takes a minute
STEP = 5_000  # rows
CANCELLED = "Cancelled: the files were erased."
UNTYPED = (".heic", ".heif", ".hif", ".mpo")  # photos that most browsers do not know as such


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""

    def read(sent: Any) -> Generator[Progress | Markup, None, None]:
        results = batch_report.Shown()
        with uploads.all_taken(sent) as files:
            if any(file.suffix.lower() in tables.ENDINGS for file in files):
                yield from opened(files)
                return
            photos = batch.gather(files, folders=False)
            yield progress(0, len(photos))
            for done in batch.read_all(photos, backend.recognizer, results, backend.read_faces):
                yield progress(done, len(photos))
        yield batch_report.render(results, len(photos))

    gr.Markdown(INVITATION)
    files = gr.File(
        file_count="multiple",
        file_types=["image", *UNTYPED, ".zip", *tables.ENDINGS],
        show_label=False,
        height=180,
        elem_id="batch-files",
    )
    long_job.build("batch", files, read, script("results_table/results_table.js"), CANCELLED)


def opened(files: list[Path]) -> Generator[Progress | Markup, None, None]:
    """What a results file comes to; no picture of it is looked for, the names could be any."""
    if len(files) > 1:
        raise FerError("Results are opened one file at a time, without photos: send it alone.")
    found = Summary()
    for number, row in enumerate(tables.read(files[0]), 1):
        found.add(row)
        if number > MAX_ROWS:
            raise FerError(f"There are more than {MAX_ROWS:,} rows: use fer report instead.")
        if number % STEP == 1:
            yield Progress(None, f"{number - 1:,} rows")
    yield batch_report.render_opened(files[0].name, found)


def progress(done: int, photos: int) -> Progress:
    """So many photos are done."""
    return Progress(done / photos, f"{done} of {photos} photos")
