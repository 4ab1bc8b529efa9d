"""What everybody has to know before the first use, in plain words."""

import gradio as gr

from fer.ui.assets import html, script


def build() -> None:
    """A window over the page, which stays away once it was closed in this browser."""
    gr.HTML(
        html("disclaimer"),
        js_on_load=script("disclaimer/disclaimer.js"),
        apply_default_css=False,
        elem_id="disclaimer",
    )
