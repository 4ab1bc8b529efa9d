"""The camera's picture with boxes, smoothed bars and a trace of valence."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from fer.face import SURE
from fer.labels import EMOTIONS, valence
from fer.ui.assets import html, script
from fer.ui.components import expression_bars
from fer.ui.formatting import PERCENTS

PARTS = ("sources", "faces", "drawing", "live_view")  # of its script, in this order


def build(read_picture: Callable[[dict[str, Any]], dict[str, Any]], device: str) -> None:
    """Its script reads the camera in the page, or asks `read_picture` about one picture at a time.

    `device` is the address of the files for the former (`fer.ui.server.device_files`), empty where
    the model is not among them. What the script smooths it has to write itself: the threshold, the
    texts and each emotion's valence are given to it.
    """
    bars = expression_bars.render("This face", "emotions", dict.fromkeys(EMOTIONS, 0.0))
    valences = valence(np.eye(len(EMOTIONS), dtype=np.float32)).tolist()
    gr.HTML(
        html(
            "live_view", bars=bars, sure=SURE, percents=PERCENTS, valences=valences, device=device
        ),
        js_on_load=script(*(f"live_view/{part}.js" for part in PARTS)),
        server_functions=[read_picture],
        apply_default_css=False,
        elem_id="live",
    )
