"""The answered photo: numbered boxes, below it the faces to choose from and files to take away."""

from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup
from PIL import Image

from fer import Face
from fer.ui import formatting, pictures
from fer.ui.assets import html, script
from fer.ui.components import downloads
from fer.ui.components.annotated_photo.exports import to_csv, to_json
from fer.ui.components.downloads import Download


def build() -> gr.HTML:
    """A place for `render`; a click on a face triggers `choose` with its `face`, from 0."""
    return gr.HTML(
        elem_id="stage",
        js_on_load=script("downloads/downloads.js", "annotated_photo/annotated_photo.js"),
        apply_default_css=False,
    )


def render(photo: Image.Image, faces: Sequence[Face], model: str) -> Markup:
    """The photo with a box around every face, the first one chosen."""
    files = (
        Download("faces.json", to_json(faces, model).encode(), "application/json"),
        Download("faces.csv", to_csv(faces).encode(), "text/csv"),
    )
    return html(
        "annotated_photo",
        width=photo.width,
        ratio=f"{photo.width / photo.height:.4f}",
        picture=pictures.preview(photo),
        count=formatting.count(len(faces), "face"),
        faces=[
            {
                "emotion": face.emotion,
                "sure": face.sure,
                "place": _place(face, photo.size),
                "thumbnail": _thumbnail(photo, face) if len(faces) > 1 else None,
            }
            for face in faces
        ],
        downloads=downloads.render(*files, drawn="faces.png") if faces else "",
    )


def _place(face: Face, photo_size: tuple[int, int]) -> str:
    """The style of a face's box, in parts of the photo."""
    x0, y0, x1, y1 = (float(side) for side in face.box)
    width, height = photo_size
    sides = {
        "left": x0 / width,
        "top": y0 / height,
        "width": (x1 - x0) / width,
        "height": (y1 - y0) / height,
    }
    return "; ".join(
        f"{side}: {formatting.exact_percent(share, digits=2)}" for side, share in sides.items()
    )


def _thumbnail(photo: Image.Image, face: Face) -> str:
    region = pictures.region_around(face, photo.size)
    return pictures.jpeg(pictures.close_up(photo, region, pictures.THUMBNAIL_SIDE))
