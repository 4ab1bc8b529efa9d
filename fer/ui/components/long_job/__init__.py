"""Work that takes minutes: its progress, a button to cancel it, and then its result."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from fer.errors import FerError, memory_said
from fer.ui.assets import html
from fer.ui.components import message

Updates = dict[Any, Any]  # what an event changes: component → new value


@dataclass(frozen=True)
class Progress:
    """How far the work is."""

    share: float | None  # 0 to 1, where that can be told
    text: str


# Given what was uploaded, yields how far the work is and at last the HTML of its result. What it
# raises as a `FerError` is shown in place of the result.
Work = Callable[[Any], Generator[Progress | Markup, None, None]]


def build(name: str, files: gr.File, work: Work, script: str, cancelled: str) -> None:
    """Start the work when files are uploaded; `name` is what the ids of the parts begin with.

    `script` belongs to the result; `cancelled` is said when the visitor has cancelled the work.
    """
    state = gr.HTML(elem_id=f"{name}-progress")
    cancel = gr.Button("Cancel", visible=False, elem_id=f"{name}-cancel")
    result = gr.HTML(
        elem_id=f"{name}-result",
        elem_classes="job-result",
        js_on_load=script,
        apply_default_css=False,
    )
    parts = [files, state, cancel, result]

    def finish(said: str = "", found: str = "") -> Updates:
        return {
            files: None,
            state: message.render(said),
            cancel: gr.Button(visible=False),
            result: found,
        }

    def run(sent: Any) -> Iterator[Updates]:
        started: Updates = {cancel: gr.Button(visible=True), result: ""}
        try:
            with (
                memory_said(),
                closing(work(sent)) as steps,
            ):  # cancelled, it lets go of the files at once
                for step in steps:
                    if isinstance(step, Progress):
                        yield {state: html("long_job", progress=step)} | started
                        started = {}
                    else:
                        yield finish(found=step)
        except FerError as error:
            yield finish(str(error))

    # preprocess=False: gradio would copy the files before our code sees them.
    running = files.upload(
        run, files, parts, preprocess=False, show_progress="hidden", api_visibility="private"
    )
    cancel.click(
        lambda: finish(cancelled),
        None,
        parts,
        cancels=running,
        queue=False,
        api_visibility="private",
    )
