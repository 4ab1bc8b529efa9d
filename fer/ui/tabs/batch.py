"""The batch tab: many photos or a zip into a table, charts and files to take away."""

from collections.abc import Generator
from typing import Any

import gradio as gr
from markupsafe import Markup

from fer import batch
from fer.ui.assets import script
from fer.ui.backend import Backend
from fer.ui.components import batch_report, long_job
from fer.ui.components.long_job import Progress
from fer.ui.server import uploads

INVITATION = f"""
## Many photos at once
Up to {batch.MAX_PHOTOS} photos, or zips of them. You get a table with a row for each face.
"""
CANCELLED = "Cancelled: the files were erased."
UNTYPED = (".heic", ".heif", ".hif", ".mpo")  # photos that most browsers do not know as such


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""

    def read(sent: Any) -> Generator[Progress | Markup, None, None]:
        results = batch.Results()
        with uploads.all_taken(sent) as files:
            photos = batch.gather(files, folders=False)
            yield progress(0, len(photos))
            for done in batch.read_all(photos, backend.recognizer, results, backend.read_faces):
                yield progress(done, len(photos))
        yield batch_report.render(results, len(photos))

    gr.Markdown(INVITATION)
    files = gr.File(
        file_count="multiple",
        file_types=["image", *UNTYPED, ".zip"],
        show_label=False,
        height=180,
        elem_id="batch-files",
    )
    long_job.build("batch", files, read, script("results_table/results_table.js"), CANCELLED)


def progress(done: int, photos: int) -> Progress:
    """So many photos are done."""
    return Progress(done / photos, f"{done} of {photos} photos")
