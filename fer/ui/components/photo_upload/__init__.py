"""A place for a photo: dropped, chosen, from the camera, or pasted with the keyboard, too."""

import gradio as gr

from fer.ui.assets import script

REFUSED = "The camera or clipboard cannot be used: allow it in the browser, or choose a file."


def build() -> tuple[gr.Image, gr.HTML]:
    """The place, and below it one for a message, which triggers `refused` for `REFUSED`."""
    picture = gr.Image(
        show_label=False,
        sources=["upload", "webcam", "clipboard"],
        type="filepath",
        buttons=[],
        height=380,
        placeholder="# Add a photo\nDrop, choose or paste one, or use the camera",
        elem_id="picture",
    )
    return picture, gr.HTML(elem_id="message", js_on_load=script("photo_upload/paste.js"))
