"""The camera's picture with boxes, smoothed bars and a trace of valence."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from fer.labels import EMOTIONS
from fer.recognizer import SURE
from fer.ui.assets import html, script
from fer.ui.components import expression_bars
from fer.ui.formatting import PERCENTS


def build(read_picture: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Its script asks `read_picture` about one picture after the other.

    What it smooths it has to write itself: the threshold and the texts are given to it.
    """
    bars = expression_bars.render("Face 1", "emotions", dict.fromkeys(EMOTIONS, 0.0))
    gr.HTML(
        html("live_view", bars=bars, sure=SURE, percents=PERCENTS),
        js_on_load=script("live_view/live_view.js"),
        server_functions=[read_picture],
        apply_default_css=False,
        elem_id="live",
    )
