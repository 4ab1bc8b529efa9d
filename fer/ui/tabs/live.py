"""The live tab: the camera's picture with boxes, smoothed bars and a trace of valence.

The page reads the camera by itself where it can. Else it sends one small picture at a time and
waits for the answer, so that a slow server gets fewer pictures instead of a queue of old ones.
Nothing is remembered here: the page itself sends back where the faces were.
"""

import base64
import threading
from typing import Any

import gradio as gr

from fer import FerError
from fer.faces.tracking import match
from fer.images import open_image
from fer.ui.backend import CONCURRENT_REQUESTS, Backend
from fer.ui.components import live_view
from fer.ui.server import device_files

MAX_CHARACTERS = 400_000  # of one picture, in base64
MAX_PIXELS = 640 * 640
MAX_FACES_LIVE = 5
MAX_PLACE = 10_000.0  # of a box's side, in pixels; NaN and infinity are none
WAIT_SECONDS = 5.0

BUSY = "The server is busy: try again in a minute."
BAD_PICTURE = "The camera’s picture could not be used: start again."

INVITATION = "## Your camera"


def build(backend: Backend) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    free = threading.Semaphore(CONCURRENT_REQUESTS)

    def read_picture(asked: dict[str, Any]) -> dict[str, Any]:
        if not free.acquire(timeout=WAIT_SECONDS):
            return {"error": BUSY}
        try:
            return answer(backend, asked)
        except FerError:
            return {"error": BAD_PICTURE}
        except MemoryError:
            return {"error": BUSY}
        finally:
            free.release()

    gr.Markdown(INVITATION)
    in_page = backend.quick.folder.path == device_files.MODEL
    live_view.build(read_picture, device_files.folder() if in_page else "")


def answer(backend: Backend, asked: dict[str, Any]) -> dict[str, Any]:
    """The faces of one picture, each with the index it had among the boxes sent along.

    Raises `FerError` for anything but a small picture and boxes.
    """
    try:
        encoded, before = str(asked["picture"]), asked["before"]
        if len(encoded) > MAX_CHARACTERS:
            raise FerError(BAD_PICTURE)
        before = [[float(side) for side in box] for box in before[:MAX_FACES_LIVE]]
        if not all(len(box) == 4 and all(abs(side) <= MAX_PLACE for side in box) for box in before):
            raise FerError(BAD_PICTURE)
        photo = open_image(base64.b64decode(encoded.partition(",")[2]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FerError(BAD_PICTURE) from error
    if photo.width * photo.height > MAX_PIXELS:
        raise FerError(BAD_PICTURE)
    found = backend.quick.detector(photo)[:MAX_FACES_LIVE]
    (faces,) = backend.quick.read([photo], [found])
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
