"""The answer to a photo: a sentence for the chosen face, the photo itself, and all the details.

Every face's answer is in it, and what its heatmaps are drawn from, so that the page asks nothing of
the server when another one is chosen.
"""

from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup
from PIL import Image

from fer import Face, Recognizer
from fer.ui import formatting, pictures
from fer.ui.assets import html, script
from fer.ui.components import annotated_photo, downloads, face_answer, heatmap
from fer.ui.components.downloads import Download
from fer.ui.components.photo_answer.exports import to_csv, to_json

SCRIPTS = (
    "downloads/downloads.js",
    "annotated_photo/labels.js",
    "annotated_photo/annotated_photo.js",
    "heatmap/heatmap.js",
    "photo_answer/photo_answer.js",
)


def build() -> gr.HTML:
    """A place for `render`; its button for another photo triggers `again`."""
    return gr.HTML(elem_id="photo-answer", js_on_load=script(*SCRIPTS), apply_default_css=False)


def render(photo: Image.Image, faces: Sequence[Face], recognizer: Recognizer) -> Markup:
    """The photo with a box around every face, the first one chosen."""
    name = recognizer.name
    files = (
        Download("faces.json", to_json(faces, name).encode(), "application/json"),
        Download("faces.csv", to_csv(faces).encode(), "text/csv"),
    )
    drawn = {"PNG": "faces.png", "Heatmap": "heatmap.png"}
    return html(
        "photo_answer",
        faces=faces,
        photo=annotated_photo.render(photo, faces, recognizer),
        heatmap=heatmap.render(recognizer) if faces else "",
        count=formatting.count(len(faces), "face"),
        thumbnails=[_thumbnail(photo, face) for face in faces] if len(faces) > 1 else [],
        details=[face_answer.render(face, recognizer) for face in faces],
        downloads=downloads.render(*files, drawn=drawn) if faces else "",
    )


def _thumbnail(photo: Image.Image, face: Face) -> str:
    region = pictures.region_around(face, photo.size)
    return pictures.jpeg(pictures.close_up(photo, region, pictures.THUMBNAIL_SIDE))
