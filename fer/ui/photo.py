"""The photo tab: add a photo, choose a face, see its bars and what the model looked at.

What belongs to one visitor (the faces, not the photo) lives in `gr.State` and nowhere else. The
events end in `show` or `start_over`, the two states that the tab can be in. Which parts are seen
in which state, styles/photo.css says: the parts change one after another, and what is seen must not
jump meanwhile.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from fer.errors import FerError
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.ui import bars, draw, uploads, visitors
from fer.ui.engine import MAX_FACES, Engine
from fer.ui.scripts import script
from fer.ui.stage import Seen, gallery, heat, seen, stage

Updates = dict[Any, Any]  # what an event changes: component → new value

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = {
    "astronaut.jpg": "Eileen Collins, astronaut (NASA)",
    "hopper.jpg": "Grace Hopper, admiral (US Navy)",
}

NO_FACE = "No face was found: try a photo where faces are larger, sharper or seen from the front."
REFUSED = "The camera or clipboard cannot be used: allow it in the browser, or choose a file."
CROWD = f"There are more than {MAX_FACES} faces: the {MAX_FACES} largest were looked at."

WHY = """
## What the model looked at
The warmer the colour, the more that part spoke **for** the expression chosen here. It tells what
the model saw, not why a person looks that way.
"""


def build(engine: Engine) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    faces = gr.State([])  # Seen, in the order of their numbers
    chosen = gr.State(0)
    models = [model.name for model in engine.recognizer.models]

    with gr.Row(elem_id="photo-tab"):
        with gr.Column():
            picture = gr.Image(
                show_label=False,
                sources=["upload", "webcam", "clipboard"],
                type="filepath",
                buttons=[],
                height=380,
                placeholder="# Add a photo\nDrop, choose or paste one, or use the camera",
                elem_id="picture",
            )
            message = gr.HTML(elem_id="message", js_on_load=script("give"))
            answered = gr.HTML(
                elem_id="stage",
                js_on_load=script("save", "stage"),
                apply_default_css=False,
            )
            again = gr.Button("Another photo", elem_id="again")
        with gr.Column(elem_id="invitation"):
            examples = gr.HTML(
                gallery(FOLDER, EXAMPLES),
                elem_id="examples",
                js_on_load=script("save", "stage"),
                apply_default_css=False,
            )
        with gr.Column(elem_id="shows"):
            answer = gr.HTML(apply_default_css=False, elem_id="answer")
        with gr.Column(elem_id="why"):
            gr.Markdown(WHY)
            emotion = gr.Radio(EMOTIONS, label="Expression", elem_id="emotion")
            member = gr.Radio(
                [(name, i) for i, name in enumerate(models)],
                value=0,
                label="Model",
                visible=len(models) > 1,
                elem_id="member",
            )
            heatmap = gr.HTML(
                elem_id="heatmap", js_on_load=script("save", "heat"), apply_default_css=False
            )

    shown = [faces, chosen, picture, message, answered, answer, heatmap, emotion, member]

    def start_over(sentence: str = "") -> Updates:
        return {
            faces: [],
            picture: gr.Image(None, visible=True),
            message: bars.sentence(sentence),
            answered: "",
            answer: "",
            heatmap: "",
        }

    def show(found: list[Seen], index: int) -> Updates:
        if index not in range(len(found)):
            return start_over(visitors.ERASED)
        face = found[index].face
        return {
            chosen: index,
            answer: bars.answer(face, index + 1, len(found), engine.recognizer),
            emotion: face.emotion,
            member: 0,
        }

    def coloured(one: Seen, name: str, of: int) -> str:
        side = (draw.CLOSE_UP_SIDE, draw.CLOSE_UP_SIDE)
        layer = engine.heat(one.photo_size, one.face, one.region, side, name, of)
        return heat(one, draw.png(layer), name)

    def look(path: Path) -> Updates:
        try:
            photo = open_image(path)
            found, crowd = engine.look(photo)
        except FerError as error:
            return start_over(str(error))
        kept = [seen(photo, face) for face in found]
        note = CROWD if crowd else "" if found else NO_FACE
        return (show(kept, 0) if kept else {answer: ""}) | {
            faces: kept,
            picture: gr.Image(None, visible=False),
            message: bars.sentence(note),
            answered: stage(photo, found, engine.recognizer.name),
        }

    def look_at_upload(upload: Any) -> Updates:
        try:
            with uploads.taken(upload) as path:
                return look(path)
        except FerError as error:
            return start_over(str(error))

    def look_at_example(click: gr.EventData) -> Updates:
        return look(FOLDER / list(EXAMPLES)[click.face])

    def choose(found: list[Seen], click: gr.EventData) -> Updates:
        return show(found, click.face)

    def explain(found: list[Seen], index: int, name: str, of: int) -> Updates:
        if index not in range(len(found)):
            return start_over(visitors.ERASED)
        return {heatmap: coloured(found[index], name, of)}

    def colour(found: list[Seen], index: int) -> Updates:
        return explain(found, index, found[index].face.emotion, 0) if found else {}

    hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    visible: dict[str, Any] = {"show_progress_on": picture, "api_visibility": "private"}
    # Pasted photos and webcam shots count as uploads. preprocess=False: gradio would open the file
    # itself, and fail on a bad one without a sentence.
    answers = [
        picture.upload(look_at_upload, picture, shown, preprocess=False, **visible),
        examples.choose(look_at_example, None, shown, **visible),
        answered.choose(choose, faces, shown, **hidden),
    ]
    for event in answers:  # the bars do not wait for the heatmap
        event.then(colour, [faces, chosen], shown, **hidden)
    message.refused(lambda: bars.sentence(REFUSED), None, message, **hidden)
    again.click(start_over, None, shown, **hidden)
    asked = [faces, chosen, emotion, member]
    gr.on([emotion.input, member.input], explain, asked, shown, **hidden)
