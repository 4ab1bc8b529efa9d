"""The whole page: its tabs, what stands above and below them, and how it is launched."""

from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from fer.ui import api, assets, theme
from fer.ui.backend import CONCURRENT_REQUESTS, Backend
from fer.ui.components import disclaimer, message
from fer.ui.server import device_files, gradio_internals, guard, sessions, uploads
from fer.ui.tabs import about, batch, live, photo, video

TITLE = "What does this face express?"

INTRODUCTION = f"""
# {TITLE}
Seven expressions, how positive or negative they are together, and what the model looked at.
"""

FOOTER = """
An expression is not a feeling, and the answers are estimates. Not for use at work or in education.
Pictures are forgotten after the answer: see *About*.
"""

MAX_WAITING = 64  # requests; whoever comes then is told that the page is too busy


def build(backend: Backend, remark: str = "") -> gr.Blocks:
    """The page, ready to launch with `launch_settings`; a `remark` is shown at the top."""
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        api.build(backend)  # first, so that no function of the page takes its names
        disclaimer.build()
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        if remark:
            gr.HTML(message.render(remark), elem_id="remark")
        with gr.Tabs():
            with gr.Tab("Photo"):
                photo.build(backend)
            with gr.Tab("Live"):
                live.build(backend)
            with gr.Tab("Video"):
                video.build(backend)
            with gr.Tab("Batch"):
                batch.build(backend)
            with gr.Tab("About"):
                about.build(backend.recognizer)
        gr.Markdown(FOOTER, elem_id="footer")
        sessions.forget_visitors(page)
    page.queue(
        max_size=MAX_WAITING,
        default_concurrency_limit=CONCURRENT_REQUESTS,
        api_open=False,  # nobody passes the queue by
    )
    gradio_internals.apply(page)
    return page


def launch_settings() -> dict[str, Any]:
    """What `launch()` of the page is told; a new one each time, for gradio changes it."""
    return {
        "theme": theme.THEME,
        "css": assets.stylesheet(),
        "footer_links": [],
        "max_file_size": uploads.MAX_FILE_SIZE,
        "state_session_capacity": sessions.MAX_SESSIONS,
        "app_kwargs": {
            # Gradio compresses its scripts alone, not the page, whose settings are most of it.
            "middleware": [Middleware(guard.Guard), Middleware(GZipMiddleware)],
            "routes": [device_files.ROUTE],
        },
        # Other processes would answer past the guard, and history is kept of nobody.
        "ssr_mode": False,
        "num_workers": 0,
        "run_history": False,
        "enable_monitoring": False,
    }
