"""The page served by this process, so that a test sees and sets what it works with."""

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from generated import MEMBER

import fer
from fer.ui import build
from fer.ui.engine import Engine


@contextmanager
def served() -> Iterator[gr.Blocks]:
    """The page over one bundled network; `local_url` of it is the address."""
    recognizer = fer.load(MEMBER)
    page = build(Engine(recognizer, recognizer, recognizer.read, recognizer.heat_layer))
    page.launch(prevent_thread_lock=True, quiet=True)
    try:
        yield page
    finally:
        page.close()
