"""The answered photo: a box and a label for every face, and the heatmap of the chosen one."""

import json
from collections.abc import Sequence

from markupsafe import Markup
from PIL import Image

from fer import Face, Recognizer
from fer.ui import formatting, pictures
from fer.ui.assets import html
from fer.ui.components import heatmap


def render(photo: Image.Image, faces: Sequence[Face], recognizer: Recognizer) -> Markup:
    """The photo with a box around every face, the first one chosen."""
    scale = min(1, pictures.PREVIEW_SIDE / max(photo.size))
    return html(
        "annotated_photo",
        photo=photo,
        ratio=f"{photo.width / photo.height:.4f}",
        picture=pictures.preview(photo),
        layer_size=[max(1, round(side * scale)) for side in photo.size],
        count=formatting.count(len(faces), "face"),
        boxes=[
            {
                "face": face,
                "place": _place(face, photo.size),
                "region": json.dumps(pictures.region_around(face, photo.size)),
                "heat": json.dumps(heatmap.data(face, recognizer, photo.size)),
            }
            for face in faces
        ],
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
