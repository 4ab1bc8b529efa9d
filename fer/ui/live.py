"""The live tab: the camera's picture with boxes, smoothed bars and a trace of valence.

The page sends one small picture at a time and waits for the answer, so that a slow server gets
fewer pictures instead of a queue of old ones. Nothing is remembered here: the page itself sends
back where the faces were.
"""

import base64
import threading
from typing import Any

import gradio as gr

from fer import FerError
from fer.faces.tracking import find_again, match
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.ui import bars
from fer.ui.engine import AT_ONCE, Engine
from fer.ui.scripts import script

MAX_CHARACTERS = 400_000  # of one picture, in base64
MAX_PIXELS = 640 * 640
MAX_FACES = 5
WAIT_SECONDS = 5.0

BUSY = "The server is busy: try again in a minute."
BAD = "The camera’s picture could not be used: start again."

INVITATION = """
## Your camera
Pictures go to the server one by one and are forgotten at once.
"""

EVEN = bars.table("Face 1", "emotions", dict.fromkeys(EMOTIONS, 0.0)).replace('class="top"', "")

PAGE = f"""
<div class="live">
  <div>
    <div class="camera"><video playsinline muted aria-label="Your camera"></video>
      <p class="off">The camera is off.</p></div>
    <div class="controls"><button class="start">Start</button>
      <span class="rate"></span></div>
    <p class="message" role="status" hidden></p>
  </div>
  <div class="card">
    <p>The face shows</p><h2 class="now">–</h2>
    {EVEN}
    <p class="trace-title">Valence in the last minute</p>
    <svg class="trace" viewBox="0 0 600 120" role="img" preserveAspectRatio="none"
      aria-label="Valence in the last minute">
      <line x1="0" x2="600" y1="60" y2="60"></line><polyline points=""></polyline></svg>
    <p class="ends"><span>top: very positive, bottom: very negative</span><span>now</span></p>
    <p>{bars.SURPRISE}</p>
  </div>
</div>
"""


def build(engine: Engine) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    free = threading.Semaphore(AT_ONCE)

    def look(asked: dict[str, Any]) -> dict[str, Any]:
        if not free.acquire(timeout=WAIT_SECONDS):
            return {"error": BUSY}
        try:
            return answer(engine, asked)
        except FerError:
            return {"error": BAD}
        finally:
            free.release()

    gr.Markdown(INVITATION)
    gr.HTML(
        PAGE,
        js_on_load=script("live"),
        server_functions=[look],
        apply_default_css=False,
        elem_id="live",
    )


def answer(engine: Engine, asked: dict[str, Any]) -> dict[str, Any]:
    """The faces of one picture, each with the index it had among the boxes sent along."""
    try:
        encoded, before = str(asked["picture"]), asked["before"]
        if len(encoded) > MAX_CHARACTERS:
            raise FerError(BAD)
        before = [[float(side) for side in box] for box in before][:MAX_FACES]
        if any(len(box) != 4 for box in before):
            raise FerError(BAD)
        photo = open_image(base64.b64decode(encoded.partition(",")[2]))
    except (KeyError, TypeError, ValueError) as error:
        raise FerError(BAD) from error
    if photo.width * photo.height > MAX_PIXELS:
        raise FerError(BAD)
    places = find_again(engine.nearby.detector, photo, before)[:MAX_FACES]
    (faces,) = engine.nearby.read([photo], [places])
    same = match(before, [face.box for face in faces])
    return {
        "faces": [
            {
                "box": list(face.box),
                "was": was,
                "probabilities": face.probabilities.tolist(),
                "valence": face.valence,
            }
            for face, was in zip(faces, same, strict=True)
        ]
    }
