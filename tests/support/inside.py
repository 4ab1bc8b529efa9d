"""The page served by this process, so that a test sees and sets what it works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gradio as gr
from generated import MEMBER

import fer
from fer.ui.backend import Backend
from fer.ui.page import build, launch_settings


@contextmanager
def served(model: str | Path = MEMBER) -> Iterator[gr.Blocks]:
    """The page over a model; `local_url` of it is the address."""
    recognizer = fer.load(model)
    page = build(Backend.on_cpu(recognizer))
    page.launch(**launch_settings(), prevent_thread_lock=True, quiet=True)
    try:
        yield page
    finally:
        page.close()
