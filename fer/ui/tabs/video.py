"""The video tab: a short clip, its faces followed, and what each showed when."""

from collections.abc import Generator
from typing import Any

import gradio as gr
from markupsafe import Markup

from fer import video
from fer.errors import VideoError
from fer.ui.assets import script
from fer.ui.backend import Backend
from fer.ui.components import clip_report, long_job
from fer.ui.components.long_job import Progress
from fer.ui.formatting import exact_percent
from fer.ui.server import uploads

INVITATION = f"""
## A short clip
Up to {video.MAX_SECONDS} seconds. Every face is followed, and you see what it showed when.
"""
NO_FACE = "No face was found: try a clip where faces are larger, sharper or seen from the front."
CANCELLED = "Cancelled: the clip was erased."


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""

    def follow(sent: Any) -> Generator[Progress | Markup, None, None]:
        timeline = video.Timeline()
        yield progress(0)
        with uploads.taken(sent) as path:
            for done in video.follow(path, backend.quick, timeline, backend.read_film):
                yield progress(done)
        if not timeline.rows:
            raise VideoError(NO_FACE)
        yield clip_report.render(timeline)

    gr.Markdown(INVITATION)
    clip = gr.File(file_types=["video"], show_label=False, height=180, elem_id="clip")
    long_job.build("video", clip, follow, script("timeline/timeline.js"), CANCELLED)


def progress(done: float) -> Progress:
    """So much of the clip is done."""
    return Progress(done, f"{exact_percent(done, digits=0)} of the clip")
