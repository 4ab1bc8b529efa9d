"""The about tab: which model answers, how good it is, and what it must not be used for."""

import gradio as gr

from fer import Recognizer
from fer.face import SURE
from fer.ui.components import model_card, model_facts
from fer.ui.formatting import percent
from fer.ui.server.sessions import KEEP_SECONDS

LIMITS = f"""
## What it is not for
**An expression is not a feeling.** People smile without being happy and are sad without showing it
([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). The answers are estimates and can
be wrong: never decide anything about a person with them.

**Not for work or education.** In the European Union the AI Act prohibits inferring people’s
emotions there, medical and safety reasons aside (Article 5). Wherever else it is used, the people
exposed to it must be told (Article 50).

**Photos are not kept.** What you send is erased from the server’s disk as soon as it has been read.
What the page shows is erased from its memory when you close the page or do nothing for
{KEEP_SECONDS // 60} minutes; the page itself keeps it. It asks nothing of any other site and counts
nobody.

**Sure or not sure.** The probabilities are calibrated: of answers with 70 %, about 70 % are right.
Below {percent(SURE)} the page says “not sure”.
"""


def build(recognizer: Recognizer) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    with gr.Row():
        with gr.Column(min_width=280):
            gr.Markdown(LIMITS, elem_id="not-for")
        with gr.Column(min_width=280):
            model_facts.build(recognizer)
    model_card.build(recognizer)
