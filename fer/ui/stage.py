"""The answered photo as HTML: numbered boxes, the strip of faces, files to take away."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fer import Face
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.recognizer import Region
from fer.ui import draw

EXAMPLE_SIDE = 320


@dataclass(frozen=True)
class Seen:
    """A face of an answered photo, with all that the page needs when the photo is gone."""

    face: Face
    region: Region  # the square around it, pixels of the photo
    close_up: str  # that square, as data
    photo_size: tuple[int, int]


def seen(photo: Image.Image, face: Face) -> Seen:
    """What is remembered of a face."""
    region = draw.around(face, photo.size)
    return Seen(face, region, draw.jpeg(draw.close_up(photo, region)), photo.size)


def gallery(folder: Path, captions: dict[str, str]) -> str:
    """Example photos to start with."""
    pictures = "".join(
        f'<button class="example" data-face="{i}"><img alt="" '
        f'src="{draw.shown(open_image(folder / name), EXAMPLE_SIDE)}">{caption}</button>'
        for i, (name, caption) in enumerate(captions.items())
    )
    return f'<h2>Or start with an example</h2><div class="gallery">{pictures}</div>'


def stage(photo: Image.Image, faces: Sequence[Face], model: str) -> str:
    """The photo with a box around every face, and below it the faces to choose from."""
    ratio = photo.width / photo.height
    count = f"{len(faces)} face{'' if len(faces) == 1 else 's'}"
    boxes = "".join(_box(face, i, photo.size) for i, face in enumerate(faces))
    strip = "".join(_thumbnail(photo, face, i) for i, face in enumerate(faces))
    several = (
        f'<p class="hint">{count}: choose one here or in the photo.</p>'
        f'<div class="strip" role="group" aria-label="Faces">{strip}</div>'
    )
    return (
        f'<div class="photo" style="--width: {photo.width}px; --ratio: {ratio:.4f}">'
        f'<img src="{draw.shown(photo)}" alt="Your photo, {count}">{boxes}</div>'
        + (several if len(faces) > 1 else "")
        + (_downloads(faces, model) if faces else "")
    )


def heat(seen: Seen, layer: str, emotion: str) -> str:
    """The face before and after the colours were laid over it."""
    return (
        f'<div class="pair"><figure><img src="{seen.close_up}" alt="The face">'
        "<figcaption>Before</figcaption></figure>"
        f'<figure><div class="after"><img src="{seen.close_up}" alt="">'
        f'<img class="layer" src="{layer}" alt="The face, coloured by what spoke for {emotion}">'
        "</div><figcaption>After</figcaption></figure></div>"
        '<label class="opacity">Strength of the colours'
        '<input type="range" min="0" max="100" value="60"></label>'
        + downloads({}, '<button data-download="heatmap.png">PNG</button>')
    )


def to_json(faces: Sequence[Face], model: str) -> str:
    """The answer as the command line prints it, without the name of the visitor's file."""
    record = {"image": None, "model": model, "faces": [face.to_json() for face in faces]}
    return json.dumps(record, indent=2)


def to_csv(faces: Sequence[Face]) -> str:
    """A row for each face."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["face", "x0", "y0", "x1", "y1", "emotion", "sure", "valence", *EMOTIONS])
    for number, face in enumerate(faces, 1):
        box = [round(float(side), 1) for side in face.box]
        shares = [round(float(p), 4) for p in face.probabilities]
        rows.writerow([number, *box, face.emotion, face.sure, round(face.valence, 3), *shares])
    return file.getvalue()


def _box(face: Face, i: int, size: tuple[int, int]) -> str:
    x0, y0, x1, y1 = (float(side) for side in face.box)
    width, height = size
    place = (
        f"left: {100 * x0 / width:.2f}%; top: {100 * y0 / height:.2f}%; "
        f"width: {100 * (x1 - x0) / width:.2f}%; height: {100 * (y1 - y0) / height:.2f}%"
    )
    # For the mouse and the finger: the keyboard and the screen reader have the strip.
    return (
        f'<button class="box" data-face="{i}" data-label="{face.emotion}" style="{place}" '
        f'aria-pressed="{_first(i)}" tabindex="-1" aria-hidden="true"><span>{i + 1}</span></button>'
    )


def _thumbnail(photo: Image.Image, face: Face, i: int) -> str:
    picture = draw.close_up(photo, draw.around(face, photo.size), draw.THUMBNAIL_SIDE)
    label = f"Face {i + 1}: {face.emotion}{'' if face.sure else ', not sure'}"
    return (
        f'<button data-face="{i}" aria-pressed="{_first(i)}" aria-label="{label}">'
        f'<img src="{draw.jpeg(picture)}" alt="">'
        f"{i + 1} {face.emotion}{'' if face.sure else '?'}</button>"
    )


def _first(i: int) -> str:
    return "true" if i == 0 else "false"


def _downloads(faces: Sequence[Face], model: str) -> str:
    return downloads(
        {
            "faces.json": (to_json(faces, model).encode(), "application/json"),
            "faces.csv": (to_csv(faces).encode(), "text/csv"),
        },
        '<button data-download="faces.png">PNG</button>',
    )


def downloads(files: dict[str, tuple[bytes, str]], more: str = "") -> str:
    """Links to files, by name: data and MIME type. They are in the page already."""
    links = "".join(
        f'<a download="{name}" href="{draw.data_url(data, kind)}">{name.split(".")[-1].upper()}</a>'
        for name, (data, kind) in files.items()
    )
    return (
        '<div class="downloads" role="group" aria-label="Download">'
        f"<span>Download</span> {more}{links}</div>"
    )
