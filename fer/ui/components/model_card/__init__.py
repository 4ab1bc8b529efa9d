"""The whole card of the model that answers, with its plots."""

import re
from typing import Any

import gradio as gr

from fer import Recognizer
from fer.ui.assets import html
from fer.ui.pictures import data_url

# A plot in a card: its text for those who do not see it, and its file.
PLOT = re.compile(r"!\[([^\]]*)\]\((plots/\w+\.png)\)\n?")


def build(recognizer: Recognizer) -> None:
    """The card, closed until it is asked for; nothing for a model without one.

    Its plots come when it is opened: they are larger than all the rest of the page.
    """
    folder = recognizer.folder
    if not folder.card.is_file():
        return
    # Whoever wrote it with another encoding: the model answers all the same.
    card = folder.card.read_text(encoding="utf-8", errors="replace")
    shown: dict[Any, str] = {}
    with gr.Accordion("The whole model card", open=False, elem_id="card") as whole:
        words, *plots = PLOT.split(card.split("---\n", 2)[-1])
        gr.Markdown(words, header_links=False)
        for text, name, words in zip(plots[::3], plots[1::3], plots[2::3], strict=True):
            if (folder.path / name).is_file():  # nothing serves the files of a model folder
                address = data_url((folder.path / name).read_bytes(), "image/png")
                place = gr.HTML(apply_default_css=False)
                shown[place] = html("model_card", text=text, address=address)
            gr.Markdown(words, header_links=False)
    if shown:
        places = list(shown)
        whole.expand(lambda: shown, None, places, show_progress="hidden", api_visibility="private")
