"""The whole card of the model that answers, with its plots."""

import re

import gradio as gr

from fer import Recognizer
from fer.ui.assets import html
from fer.ui.pictures import data_url

# A plot in a card: its text for those who do not see it, and its file.
PLOT = re.compile(r"!\[([^\]]*)\]\((plots/\w+\.png)\)\n?")


def build(recognizer: Recognizer) -> None:
    """The card, closed until it is asked for; nothing for a model without one."""
    folder = recognizer.folder
    if not folder.card.is_file():
        return
    # Whoever wrote it with another encoding: the model answers all the same.
    card = folder.card.read_text(encoding="utf-8", errors="replace")
    with gr.Accordion("The whole model card", open=False, elem_id="card"):
        words, *plots = PLOT.split(card.split("---\n", 2)[-1])
        gr.Markdown(words, header_links=False)
        for text, name, words in zip(plots[::3], plots[1::3], plots[2::3], strict=True):
            if (folder.path / name).is_file():  # nothing serves the files of a model folder
                address = data_url((folder.path / name).read_bytes(), "image/png")
                gr.HTML(html("model_card", text=text, address=address), apply_default_css=False)
            gr.Markdown(words, header_links=False)
