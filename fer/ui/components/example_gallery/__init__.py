"""Example photos to start with."""

from collections.abc import Mapping
from pathlib import Path

import gradio as gr

from fer.images import open_image
from fer.ui.assets import html, script
from fer.ui.pictures import preview

SIDE = 320


def build(captions: Mapping[Path, str]) -> gr.HTML:
    """The photos in their order; a click on one triggers `choose` with its `example`, from 0."""
    pictures = [(preview(open_image(path), SIDE), caption) for path, caption in captions.items()]
    return gr.HTML(
        html("example_gallery", pictures=pictures),
        elem_id="examples",
        js_on_load=script("example_gallery/example_gallery.js"),
        apply_default_css=False,
    )
