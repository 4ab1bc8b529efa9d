"""The batch tab: many photos or a zip into a table, charts and files to take away."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from html import escape
from typing import Any

import gradio as gr
import pandas as pd

from fer import batch
from fer.errors import FerError
from fer.labels import EMOTIONS, LEVELS_5
from fer.ui import bars, uploads
from fer.ui.engine import Engine
from fer.ui.scripts import script
from fer.ui.stage import downloads

Updates = dict[Any, Any]

INVITATION = f"""
## Many photos at once
Up to {batch.MAX_PHOTOS} photos, or zips of them. You get a table with a row for each face.
"""
COLUMNS = {
    "file": "Photo",
    "face": "Face",
    "emotion": "Expression",
    "sure": "Sure",
    "valence": "Valence",
    "levels_5": "Five levels",
    "levels_3": "Three levels",
}


def build(engine: Engine) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    gr.Markdown(INVITATION)
    files = gr.File(
        file_count="multiple",
        file_types=["image", ".zip"],
        show_label=False,
        height=180,
        elem_id="batch-files",
    )
    state = gr.HTML(elem_id="batch-progress")
    cancel = gr.Button("Cancel", visible=False, elem_id="batch-cancel")
    result = gr.HTML(elem_id="batch-result", js_on_load=script("table"), apply_default_css=False)
    shown = [files, state, cancel, result]

    def finish(said: str, found: str = "") -> Updates:
        return {files: None, state: said, cancel: gr.Button(visible=False), result: found}

    def look(sent: Any) -> Iterator[Updates]:
        results = batch.Results()
        with ExitStack() as stack:
            try:
                paths = [stack.enter_context(uploads.taken(one)) for one in sent or []]
                photos = batch.gather(paths)
            except FerError as error:
                yield finish(bars.sentence(str(error)))
                return
            yield working(0, len(photos)) | {cancel: gr.Button(visible=True), result: ""}
            for done in batch.read_all(photos, engine.recognizer, results, engine.read):
                yield working(done, len(photos))
        yield finish("", page(results, len(photos)))

    def working(done: int, count: int) -> Updates:
        return {state: bars.progress(done / count, f"{done} of {count} photos")}

    # preprocess=False: gradio would copy the files before our code sees them.
    running = files.upload(
        look, files, shown, preprocess=False, show_progress="hidden", api_visibility="private"
    )
    cancel.click(
        lambda: finish(bars.sentence("Cancelled: the files were erased.")),
        None,
        shown,
        cancels=running,
        queue=False,
        api_visibility="private",
    )


def page(results: batch.Results, count: int) -> str:
    """Everything about the results."""
    frame = results.to_frame()
    problems = "".join(
        f"<li><strong>{escape(name)}</strong>: {escape(sentence)}</li>"
        for name, sentence in results.problems
    )
    bad = (
        f'<h3>Without an answer: {len(results.problems)}</h3><ul class="problems">{problems}</ul>'
        if problems
        else ""
    )
    head = f"{len(frame)} face{'' if len(frame) == 1 else 's'} in {count} photo"
    head += "" if count == 1 else "s"
    if frame.empty:
        return f'<p role="status"><strong>{head}</strong></p>{bad}'
    return (
        f'<p role="status"><strong>{head}</strong></p>{_downloads(frame)}{_charts(frame)}'
        f"{_table(frame)}{bad}"
    )


def _charts(frame: pd.DataFrame) -> str:
    charts = (
        ("Faces by expression", "emotions", "emotion", EMOTIONS),
        ("Faces by sentiment", "levels", "levels_5", LEVELS_5),
    )
    tables = "".join(
        bars.table(
            title,
            kind,
            {name: float((frame[column] == name).mean()) for name in names},
            lambda share: f"{round(share * len(frame))}",
        )
        for title, kind, column, names in charts
    )
    return f'<div class="charts card">{tables}<p>{bars.SURPRISE}</p></div>'


def _table(frame: pd.DataFrame) -> str:
    heads = "".join(
        f'<th scope="col"><button data-sort="{i}">{title}</button></th>'
        for i, title in enumerate(COLUMNS.values())
    )
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in COLUMNS) + "</tr>"
        for row in frame.to_dict("records")
    )
    return (
        '<div class="sortable" tabindex="0" role="region" aria-label="All faces"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "not sure"
    return bars.signed(value) if isinstance(value, float) else escape(str(value))


def _downloads(frame: pd.DataFrame) -> str:
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    return downloads(
        {
            "faces.csv": (frame.to_csv(index=False).encode(), "text/csv"),
            "faces.parquet": (parquet.getvalue(), "application/vnd.apache.parquet"),
        }
    )
