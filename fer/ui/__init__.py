"""The web page. `build` puts it together from the functions that run the model.

Each tab is a module of this package.
"""

import os
from typing import Any

# Before gradio is imported: the page then asks nothing of any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from fer.ui import about, api, bars, batch, live, notice, photo, theme, video, visitors
from fer.ui.engine import AT_ONCE, Engine

TITLE = "What does this face express?"

INTRODUCTION = f"""
# {TITLE}
Seven expressions, how positive or negative they are together, and what the model looked at.
"""

FOOTER = """
An expression is not a feeling, and the answers are estimates. Not for use at work or in education.
Pictures are forgotten after the answer: see *About*.
"""

WAITING = 64  # requests; whoever comes then is told that the page is too busy
LOOK_SECONDS = 0.02  # between looks for a request: gradio's 0.001 keeps a core busy with nothing


def build(engine: Engine, remark: str = "") -> gr.Blocks:
    """The page, ready to launch with `LAUNCH`. A `remark` about the model is shown at the top."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        api.build(engine)  # first, so that no function of the page takes its names
        notice.build()
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        if remark:
            gr.HTML(bars.sentence(remark), elem_id="remark")
        with gr.Tabs():
            with gr.Tab("Photo"):
                photo.build(engine)
            with gr.Tab("Live"):
                live.build(engine)
            with gr.Tab("Video"):
                video.build(engine)
            with gr.Tab("Batch"):
                batch.build(engine)
            with gr.Tab("About"):
                about.build(engine.recognizer)
        gr.Markdown(FOOTER, elem_id="footer")
        visitors.forget(page)
    page.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE)
    page._queue.sleep_when_free = LOOK_SECONDS
    page._queue.progress_update_sleep_when_free = 1  # of gr.Progress, which nothing here uses
    return page


LAUNCH: dict[str, Any] = {
    "theme": theme.THEME,
    "css": theme.CSS,
    "footer_links": [],
    "max_file_size": "200mb",
    "state_session_capacity": visitors.AT_ONCE,
}
