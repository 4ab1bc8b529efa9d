"""The photo tab: add a photo, read the answer, choose a face.

Nothing of a visitor is remembered: the answer is in the page, with all that it is asked for
later. Which parts are seen before the answer and after it, photo.css says: the parts change one
after another, and what is seen must not jump meanwhile.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from fer.errors import FerError, memory_said
from fer.images import open_image
from fer.ui.backend import MAX_FACES, Backend
from fer.ui.components import example_gallery, message, photo_answer, photo_upload
from fer.ui.server import uploads

Updates = dict[Any, Any]  # what an event changes: component → new value

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = {
    FOLDER / "astronaut.jpg": "Eileen Collins, astronaut (NASA)",
    FOLDER / "hopper.jpg": "Grace Hopper, admiral (US Navy)",
}

NO_FACE = "No face was found: try a photo where faces are larger, sharper or seen from the front."
CROWD = f"There are more than {MAX_FACES} faces: the {MAX_FACES} largest were looked at."


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    with gr.Row(elem_id="photo-tab"):
        with gr.Column():
            picture, said = photo_upload.build()
        with gr.Column(elem_id="invitation"):
            examples = example_gallery.build(EXAMPLES)
        answered = photo_answer.build()

    parts = [picture, said, answered]

    def start_over(sentence: str = "") -> Updates:
        return {
            picture: gr.Image(None, visible=True),
            said: message.render(sentence),
            answered: "",
        }

    def answer_photo(path: Path) -> Updates:
        try:
            with memory_said():
                photo = open_image(path)
                faces, crowd = backend.recognize(photo)
        except FerError as error:
            return start_over(str(error))
        return {
            picture: gr.Image(None, visible=False),
            said: message.render(CROWD if crowd else "" if faces else NO_FACE),
            answered: photo_answer.render(photo, faces, backend.recognizer),
        }

    def answer_upload(upload: Any) -> Updates:
        try:
            with uploads.taken(upload) as path:
                return answer_photo(path)
        except FerError as error:
            return start_over(str(error))

    def answer_example(click: gr.EventData) -> Updates:
        return answer_photo(list(EXAMPLES)[click.example])

    hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    visible: dict[str, Any] = {"show_progress_on": picture, "api_visibility": "private"}
    # Pasted photos and webcam shots count as uploads. preprocess=False: gradio would open the file
    # itself, and fail on a bad one without a sentence.
    picture.upload(answer_upload, picture, parts, preprocess=False, **visible)
    examples.choose(answer_example, None, parts, **visible)
    said.refused(lambda: message.render(photo_upload.REFUSED), None, said, **hidden)
    answered.again(start_over, None, parts, **hidden)
