"""A face before and after the colours were laid over it that say what the model looked at."""

import gradio as gr
from markupsafe import Markup

from fer.ui.assets import html, script
from fer.ui.components import downloads


def build() -> gr.HTML:
    """A place for `render`."""
    return gr.HTML(
        elem_id="heatmap",
        js_on_load=script("downloads/downloads.js", "heatmap/heatmap.js"),
        apply_default_css=False,
    )


def render(close_up: str, layer: str, emotion: str) -> Markup:
    """Both pictures, of the same size, as addresses."""
    return html(
        "heatmap",
        close_up=close_up,
        layer=layer,
        emotion=emotion,
        downloads=downloads.render(drawn="heatmap.png"),
    )
