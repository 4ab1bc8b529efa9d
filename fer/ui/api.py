"""The named endpoints, for `gradio_client`, curl and MCP. They answer with JSON and write no file.

What cannot be answered has an `"error"`, one sentence, as on the command line.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any

import gradio as gr
from PIL import Image

from fer import Face, batch, video
from fer.errors import FerError
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.ui import draw, uploads
from fer.ui.engine import Engine

Answer = dict[str, Any]


def build(engine: Engine) -> None:
    """Put the endpoints into the surrounding `gr.Blocks`; nothing of them is seen on the page."""
    with gr.Column(visible=False):
        photo = gr.Image(type="filepath", label="photo")
        photos = gr.File(file_count="multiple", label="photos or zips")
        clip = gr.File(label="clip")
        number = gr.Number(1, precision=0, label="face")
        emotion = gr.Dropdown(list(EMOTIONS), value=EMOTIONS[0], label="emotion")
        member = gr.Number(0, precision=0, label="model")
        answer = gr.JSON(label="answer")
        never = gr.Button()  # for endpoints that nothing on the page calls

    def look(upload: Any) -> tuple[Image.Image, list[Face]]:
        with uploads.taken(upload) as path:
            opened = open_image(path)
        return opened, engine.look(opened)[0]

    def recognize(photo: Any) -> Answer:
        """Every face of a photo, largest first, with seven expressions and their sentiment."""
        return {"faces": [face.to_json() for face in look(photo)[1]]}

    def explain(photo: Any, face: Any, emotion: Any, model: Any) -> Answer:
        """What a model looked at: a face's close-up with the heatmap, and the heatmap alone."""
        opened, faces = look(photo)
        if face not in range(1, len(faces) + 1):
            raise FerError(f"There is no face {face!r} in the photo: it has {len(faces)}.")
        models = engine.recognizer.models
        if model not in range(len(models)):
            raise FerError(f"There is no model {model!r}: choose one from 0 to {len(models) - 1}.")
        one = faces[int(face) - 1]  # JSON does not tell 1 from 1.0
        emotion = emotion or one.emotion
        region = draw.around(one, opened.size)
        side = (draw.CLOSE_UP_SIDE, draw.CLOSE_UP_SIDE)
        layer = engine.heat(opened.size, one, region, side, emotion, int(model))
        return {
            "emotion": emotion,
            "region": region,
            "photo": draw.jpeg(draw.close_up(opened, region)),
            "heatmap": draw.png(layer),
        }

    def many(photos: Any) -> Answer:
        """A row for each face of many photos or zips, and the files without an answer."""
        results = batch.Results()
        with ExitStack() as stack:
            files = [stack.enter_context(uploads.taken(one)) for one in photos or []]
            for _ in batch.read_all(batch.gather(files), engine.recognizer, results, engine.read):
                pass
        problems = [{"file": name, "error": sentence} for name, sentence in results.problems]
        return {"rows": results.rows, "problems": problems}

    def watch(clip: Any) -> Answer:
        """A row for each face of a clip of up to a minute, five times a second."""
        timeline = video.Timeline()
        with uploads.taken(clip) as path:
            for _ in video.follow(path, engine.recognizer, timeline, engine.read):
                pass
        return {"rows": timeline.rows}

    def offer(
        name: str, function: Callable[..., Answer], inputs: list[gr.components.Component]
    ) -> None:
        @wraps(function)  # names of the inputs are taken from it
        def guarded(*given: Any) -> Answer:
            try:
                return {"model": engine.recognizer.name} | function(*given)
            except FerError as error:
                return {"model": engine.recognizer.name, "error": str(error)}

        guarded.__name__ = name  # of the MCP tool
        # preprocess=False: gradio would open the files itself.
        never.click(
            guarded,
            inputs,
            answer,
            preprocess=False,
            api_name=name,
            api_description=function.__doc__ or "",
        )

    offer("recognize", recognize, [photo])
    offer("explain", explain, [photo, number, emotion, member])
    offer("batch", many, [photos])
    offer("video", watch, [clip])
