"""The web page. `build` puts it together from two functions that run the model.

Each tab is a module of this package; texts that belong to every tab are here.
"""

import os
from typing import Any

# Before gradio is imported: the page then asks nothing of any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from fer.ui import photo, theme

TITLE = "What does this face express?"

INTRODUCTION = f"""
# {TITLE}
Add a photo. For every face in it you see seven expressions, how positive or negative they are
together, and what the model looked at.
"""

NOTICE = f"""
**An expression is not a feeling.** People smile without being happy and are sad without showing it
([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). The answers are estimates and can
be wrong: never decide anything about a person with them.

**Not for work or education.** In the European Union the AI Act prohibits inferring people’s
emotions there, medical and safety reasons aside (Article 5). Wherever else it is used, the people
exposed to it must be told (Article 50).

**Photos are not kept.** They serve to answer you and nothing else, and are erased from the server
within {photo.KEEP_SECONDS // 60 + 1} minutes.
"""


def build(find_faces: photo.FindFaces, explain: photo.Explain, model_name: str) -> gr.Blocks:
    """The page, ready to launch with `LAUNCH`.

    `find_faces` and `explain` are the only functions that run the model, so that the caller can
    send them to a GPU; `model_name` is shown to the user.
    """
    erase = (60, photo.KEEP_SECONDS)  # look every minute for files older than that
    with gr.Blocks(title=TITLE, delete_cache=erase, analytics_enabled=False) as page:
        gr.Markdown(INTRODUCTION, elem_id="introduction")
        photo.build(find_faces, explain)
        gr.Markdown(NOTICE, elem_id="notice")
        gr.Markdown(f"Model: `{model_name}`, for research and demonstration.", elem_id="model")
    return page


LAUNCH: dict[str, Any] = {
    "theme": theme.THEME,
    "css": theme.CSS,
    "footer_links": [],
    "max_file_size": "50mb",
}
