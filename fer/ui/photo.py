"""The photo tab: add a photo, choose a face, see its bars and what the model looked at.

What belongs to one visitor (photo, faces, chosen face) lives in `gr.State` and nowhere else. Every
event ends in `show` or `start_over`, the two states that the tab can be in.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from fer import Face
from fer.errors import FerError
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.ui import bars, draw

FindFaces = Callable[[Image.Image], list[Face]]
Explain = Callable[[Image.Image, Face, str], Image.Image]
Updates = dict[Any, Any]  # what an event changes: component → new value

EXAMPLE = Path(__file__).parent / "examples" / "astronaut.jpg"

# For how long a visitor's photo stays in memory, and its uploaded file on disk.
KEEP_SECONDS = 14 * 60

NO_FACE = "No face was found: try a photo where faces are larger, sharper or seen from the front."
NOT_UPLOADED = "No photo was uploaded: add one first."
ERASED = "This photo has been erased from the server meanwhile: add it again."

INVITATION = """
## Or start with an example
Eileen Collins, astronaut, in her NASA portrait.
"""

WHY = """
## What the model looked at
The warmer the colour, the more that part spoke **for** the expression chosen here. It tells what
the model saw, not why a person looks that way.
"""


def build(find_faces: FindFaces, explain: Explain) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    photo = gr.State(time_to_live=KEEP_SECONDS)
    faces = gr.State([], time_to_live=KEEP_SECONDS)
    chosen = gr.State(0)

    with gr.Row():
        with gr.Column(min_width=300):
            picture = gr.Image(
                show_label=False,
                sources=["upload", "webcam", "clipboard"],
                type="filepath",
                buttons=["fullscreen"],
                placeholder="# Add a photo\nDrop, choose or paste one, or use the camera",
                alt_text="Your photo, with a box around every face",
                elem_id="picture",
            )
            message = gr.HTML(visible=False, elem_id="message")
            strip = gr.Gallery(
                show_label=False,
                columns=6,
                allow_preview=False,
                buttons=[],
                visible=False,
                elem_id="strip",
            )
        with gr.Column(min_width=300) as invitation:
            gr.Markdown(INVITATION)
            example = gr.Button("Try this photo", icon=EXAMPLE, elem_id="example")
        with gr.Column(min_width=300, visible=False) as result:
            answer = gr.HTML(apply_default_css=False, elem_id="answer")
    with gr.Row(visible=False) as why:
        with gr.Column(scale=3, min_width=300):
            gr.Markdown(WHY)
            emotion = gr.Radio(EMOTIONS, label="Expression", elem_id="emotion")
        with gr.Column(scale=2, min_width=300):
            heatmap = gr.Image(
                show_label=False,
                interactive=False,
                buttons=["fullscreen", "download"],
                alt_text="The chosen face, coloured by what the model looked at",
                elem_id="heatmap",
            )

    shown = [photo, faces, chosen, picture, message, strip, invitation, result, answer, why]
    shown += [heatmap, emotion]

    def say(sentence: str) -> gr.HTML:
        return gr.HTML(bars.sentence(sentence), visible=bool(sentence))

    def start_over(sentence: str = "") -> Updates:
        return {
            photo: None,
            faces: [],
            message: say(sentence),
            strip: gr.Gallery(visible=False),
            invitation: gr.Column(visible=True),
            result: gr.Column(visible=False),
            why: gr.Row(visible=False),
        }

    def refuse(sentence: str) -> Updates:
        return start_over(sentence) | {picture: None}

    def show(opened: Image.Image | None, found: list[Face], index: int) -> Updates:
        if opened is None:
            return refuse(ERASED)
        face = found[index]
        return {
            chosen: index,
            picture: draw.number_faces(opened, found, index),
            strip: gr.Gallery(selected_index=index),
            invitation: gr.Column(visible=False),
            result: gr.Column(visible=True),
            answer: bars.answer(face, index + 1, len(found)),
            why: gr.Row(visible=True),
            heatmap: draw.close_up(explain(opened, face, face.emotion), face),
            emotion: face.emotion,
        }

    def look(path: str | Path) -> Updates:
        try:
            opened = open_image(path)
            found = find_faces(opened)
        except FerError as error:
            return refuse(str(error))
        if not found:
            return start_over(NO_FACE) | {photo: opened, picture: draw.number_faces(opened, [], 0)}
        several = f"{len(found)} faces: choose one here or in the photo." if len(found) > 1 else ""
        cells = [(face.crop, str(number)) for number, face in enumerate(found, 1)]
        return show(opened, found, 0) | {
            photo: opened,
            faces: found,
            message: say(several),
            strip: gr.Gallery(cells, visible=len(found) > 1, selected_index=0),
        }

    def look_at_upload(upload: dict[str, Any] | None) -> Updates:
        # Through the API anybody can name any file of the server: only uploaded ones are opened.
        path = Path((upload or {}).get("path") or "").resolve()
        if not path.is_relative_to(Path(picture.GRADIO_CACHE).resolve()):
            return refuse(NOT_UPLOADED)
        return look(path)

    def look_at_example() -> Updates:
        return look(EXAMPLE)

    def choose_in_picture(
        opened: Image.Image | None, found: list[Face], click: gr.SelectData
    ) -> Updates:
        index = draw.face_at(click.index, opened, found) if opened else 0
        return {} if index is None else show(opened, found, index)

    def choose_in_strip(
        opened: Image.Image | None, found: list[Face], click: gr.SelectData
    ) -> Updates:
        return show(opened, found, click.index)

    def explain_other(
        opened: Image.Image | None, found: list[Face], index: int, name: str
    ) -> Updates:
        if opened is None:
            return refuse(ERASED)
        face = found[index]
        return {heatmap: draw.close_up(explain(opened, face, name), face)}

    # Pasted photos and webcam shots count as uploads. `input` would also fire when the photo is
    # removed, with the old picture. preprocess=False: gradio would open the file itself, and fail
    # on a bad one without a sentence.
    picture.upload(
        look_at_upload, picture, shown, preprocess=False, show_progress_on=picture, api_name="look"
    )
    # `start_over` leaves the picture alone: choosing the camera clears too, and an answer that came
    # late would wipe out the shot.
    picture.clear(start_over, None, shown, api_name="start_over")
    example.click(look_at_example, None, shown, show_progress_on=example, api_name="example")
    picture.select(
        choose_in_picture,
        [photo, faces],
        shown,
        show_progress="hidden",
        api_name="choose_in_picture",
    )
    strip.select(
        choose_in_strip, [photo, faces], shown, show_progress="hidden", api_name="choose_in_strip"
    )
    emotion.input(
        explain_other,
        [photo, faces, chosen, emotion],
        shown,
        show_progress_on=heatmap,
        api_name="explain",
    )
