"""The named endpoints, for `gradio_client`, curl and MCP. They answer with JSON and write no file.

What cannot be answered has an `"error"`, one sentence, as on the command line.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
from PIL import Image

from fer import Face, batch, video
from fer.errors import FerError, memory_said
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.ui import pictures
from fer.ui.backend import Backend
from fer.ui.server import uploads

Answer = dict[str, Any]


def build(backend: Backend) -> None:
    """Put the endpoints into the surrounding `gr.Blocks`; nothing of them is seen on the page."""
    endpoints = Endpoints(backend)
    with gr.Column(visible=False):
        photo = gr.Image(type="filepath", label="photo")
        photos = gr.File(file_count="multiple", label="photos or zips")
        clip = gr.File(label="clip")
        number = gr.Number(1, precision=0, label="face")
        emotion = gr.Dropdown(list(EMOTIONS), value=EMOTIONS[0], label="emotion")
        member = gr.Number(0, precision=0, label="model")
        answer = gr.JSON(label="answer")
        never = gr.Button()  # for endpoints that nothing on the page calls

    def offer(endpoint: Callable[..., Answer], *inputs: gr.components.Component) -> None:
        @wraps(endpoint)  # its name and those of the inputs are taken from it
        def guarded(*given: Any) -> Answer:
            try:
                with memory_said():
                    return {"model": backend.recognizer.name} | endpoint(*given)
            except FerError as error:
                return {"model": backend.recognizer.name, "error": str(error)}

        # preprocess=False: gradio would open the files itself.
        never.click(
            guarded,
            list(inputs),
            answer,
            preprocess=False,
            api_name=endpoint.__name__,
        )

    offer(endpoints.recognize, photo)
    offer(endpoints.explain, photo, number, emotion, member)
    offer(endpoints.batch, photos)
    offer(endpoints.video, clip)


class Endpoints:
    """A method for each endpoint: what it is called, what it takes, and its description.

    Other programs are told what stands under “Args”.
    """

    def __init__(self, backend: Backend):
        self._backend = backend

    def recognize(self, photo: Any) -> Answer:
        """Every face of a photo, largest first, with seven expressions and their sentiment.

        Args:
            photo: A picture file, such as a JPEG or PNG.
        """
        return {"faces": [face.to_json() for face in self._open(photo)[1]]}

    def explain(self, photo: Any, face: Any, emotion: Any, model: Any) -> Answer:
        """What a model looked at: a face's close-up with the heatmap, and the heatmap alone.

        Args:
            photo: A picture file, such as a JPEG or PNG.
            face: The number of the face, from 1, as /recognize lists them.
            emotion: The expression that is asked about.
            model: The number of the model of an ensemble, from 0.
        """
        opened, faces = self._open(photo)
        if face not in range(1, len(faces) + 1):
            raise FerError(f"There is no face {face!r} in the photo: it has {len(faces)}.")
        models = self._backend.recognizer.models
        if model not in range(len(models)):
            raise FerError(f"There is no model {model!r}: choose one from 0 to {len(models) - 1}.")
        chosen = faces[int(face) - 1]  # JSON does not tell 1 from 1.0
        emotion = emotion or chosen.emotion
        region = pictures.region_around(chosen, opened.size)
        layer = self._backend.heatmap(opened.size, chosen, region, emotion, int(model))
        return {
            "emotion": emotion,
            "region": region,
            "photo": pictures.jpeg(pictures.close_up(opened, region)),
            "heatmap": pictures.png(layer),
        }

    def batch(self, photos: Any) -> Answer:
        """A row for each face of many photos or zips, and the files without an answer.

        Args:
            photos: Picture files, and zips of them.
        """
        results = batch.Results()
        with uploads.all_taken(photos) as files:
            recognizer, read = self._backend.recognizer, self._backend.read_faces
            gathered = batch.gather(files, folders=False)
            for _ in batch.read_all(gathered, recognizer, results, read):
                pass
        problems = [{"file": name, "error": sentence} for name, sentence in results.problems]
        return {"rows": results.rows, "problems": problems}

    def video(self, clip: Any) -> Answer:
        """A row for each face of a clip of up to a minute, five times a second.

        Args:
            clip: A video file, such as an MP4.
        """
        timeline = video.Timeline()
        with uploads.taken(clip) as path:
            recognizer, read = self._backend.quick, self._backend.read_film
            for _ in video.follow(path, recognizer, timeline, read):
                pass
        return {"rows": timeline.rows}

    def _open(self, upload: Any) -> tuple[Image.Image, list[Face]]:
        with uploads.taken(upload) as path:
            photo = open_image(path)
        return photo, self._backend.recognize(photo)[0]
