"""The photo tab: add a photo, choose a face, see its bars and what the model looked at.

What belongs to one visitor (the faces, not the photo) lives in `gr.State` and nowhere else. The
events end in `show` or `start_over`, the two states that the tab can be in. Which parts are seen
in which state, photo.css says: the parts change one after another, and what is seen must not jump
meanwhile.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from fer import Face
from fer.errors import FerError, memory_said
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.recognizer import Region
from fer.ui import pictures
from fer.ui.backend import MAX_FACES, Backend
from fer.ui.components import (
    annotated_photo,
    example_gallery,
    face_answer,
    heatmap,
    message,
    photo_upload,
)
from fer.ui.server import uploads
from fer.ui.server.sessions import ERASED

Updates = dict[Any, Any]  # what an event changes: component → new value

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = {
    FOLDER / "astronaut.jpg": "Eileen Collins, astronaut (NASA)",
    FOLDER / "hopper.jpg": "Grace Hopper, admiral (US Navy)",
}

NO_FACE = "No face was found: try a photo where faces are larger, sharper or seen from the front."
CROWD = f"There are more than {MAX_FACES} faces: the {MAX_FACES} largest were looked at."

EXPLANATION = """
## What the model looked at
The warmer the colour, the more that part spoke **for** the expression chosen here. It tells what
the model saw, not why a person looks that way.
"""


@dataclass(frozen=True)
class RememberedFace:
    """A face of an answered photo, with all that the tab needs when the photo is gone."""

    face: Face
    region: Region  # the square around it, pixels of the photo
    close_up: str  # that square, as data
    photo_size: tuple[int, int]


def remember(photo: Image.Image, face: Face) -> RememberedFace:
    """What is remembered of a face."""
    region = pictures.region_around(face, photo.size)
    close_up = pictures.jpeg(pictures.close_up(photo, region))
    return RememberedFace(face, region, close_up, photo.size)


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    faces = gr.State([])  # RememberedFace, in the order of their numbers
    chosen = gr.State(0)
    models = [model.name for model in backend.recognizer.models]

    with gr.Row(elem_id="photo-tab"):
        with gr.Column():
            picture, said = photo_upload.build()
            answered = annotated_photo.build()
            again = gr.Button("Another photo", elem_id="again")
        with gr.Column(elem_id="invitation"):
            examples = example_gallery.build(EXAMPLES)
        with gr.Column(elem_id="shows"):
            answer = gr.HTML(apply_default_css=False, elem_id="answer")
        with gr.Column(elem_id="why"):
            gr.Markdown(EXPLANATION)
            emotion = gr.Radio(EMOTIONS, label="Expression", elem_id="emotion")
            member = gr.Radio(
                [(name, i) for i, name in enumerate(models)],
                value=0,
                label="Model",
                visible=len(models) > 1,
                elem_id="member",
            )
            colours = heatmap.build()

    parts = [faces, chosen, picture, said, answered, answer, colours, emotion, member]

    def start_over(sentence: str = "") -> Updates:
        return {
            faces: [],
            picture: gr.Image(None, visible=True),
            said: message.render(sentence),
            answered: "",
            answer: "",
            colours: "",
        }

    def show(found: list[RememberedFace], index: int) -> Updates:
        if index not in range(len(found)):
            return start_over(ERASED)
        face = found[index].face
        return {
            chosen: index,
            answer: face_answer.render(face, index + 1, len(found), backend.recognizer),
            emotion: face.emotion,
            member: 0,
        }

    def answer_photo(path: Path) -> Updates:
        try:
            with memory_said():
                photo = open_image(path)
                found, crowd = backend.recognize(photo)
        except FerError as error:
            return start_over(str(error))
        remembered = [remember(photo, face) for face in found]
        note = CROWD if crowd else "" if found else NO_FACE
        return (show(remembered, 0) if remembered else {answer: ""}) | {
            faces: remembered,
            picture: gr.Image(None, visible=False),
            said: message.render(note),
            answered: annotated_photo.render(photo, found, backend.recognizer.name),
        }

    def answer_upload(upload: Any) -> Updates:
        try:
            with uploads.taken(upload) as path:
                return answer_photo(path)
        except FerError as error:
            return start_over(str(error))

    def answer_example(click: gr.EventData) -> Updates:
        return answer_photo(list(EXAMPLES)[click.example])

    def choose(found: list[RememberedFace], click: gr.EventData) -> Updates:
        return show(found, click.face)

    def explain(found: list[RememberedFace], index: int, name: str, of: int) -> Updates:
        if index not in range(len(found)):
            return start_over(ERASED)
        face = found[index]
        layer = backend.heatmap(face.photo_size, face.face, face.region, name, of)
        return {colours: heatmap.render(face.close_up, pictures.png(layer), name)}

    def explain_answer(found: list[RememberedFace], index: int) -> Updates:
        return explain(found, index, found[index].face.emotion, 0) if found else {}

    hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    visible: dict[str, Any] = {"show_progress_on": picture, "api_visibility": "private"}
    # Pasted photos and webcam shots count as uploads. preprocess=False: gradio would open the file
    # itself, and fail on a bad one without a sentence.
    answers = [
        picture.upload(answer_upload, picture, parts, preprocess=False, **visible),
        examples.choose(answer_example, None, parts, **visible),
        answered.choose(choose, faces, parts, **hidden),
    ]
    for event in answers:  # the bars do not wait for the heatmap
        event.then(explain_answer, [faces, chosen], parts, **hidden)
    said.refused(lambda: message.render(photo_upload.REFUSED), None, said, **hidden)
    again.click(start_over, None, parts, **hidden)
    asked = [faces, chosen, emotion, member]
    gr.on([emotion.input, member.input], explain, asked, parts, **hidden)
