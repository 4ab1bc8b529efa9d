"""The demo: `python app.py` at home, or as it is on a Hugging Face Space with a CPU or ZeroGPU.

The environment variable FER_MODEL names another model than the bundled ensemble: fast, a folder or
a Hub id. While the Hub cannot be reached, the ensemble answers and the page says so.
"""

import os
import signal
import sys

import fer
from fer.errors import MissingExtra
from fer.ui.server import folder

os.environ["GRADIO_TEMP_DIR"] = folder.own()  # before gradio is imported

try:
    import spaces
    from PIL import Image

    from fer.engines.choice import has_gpu
    from fer.faces import DetectedFace
    from fer.models.bundled import default_model
    from fer.recognizer import load_or_bundled
    from fer.ui.backend import Backend
    from fer.ui.page import build, launch_settings
    from fer.ui.server.memory import share_arenas
except ModuleNotFoundError as error:
    sys.exit(str(MissingExtra(error, "app")))

share_arenas()
# At module level, because ZeroGPU lends its GPU only to what was moved there before the first call.
try:
    recognizer, remark = load_or_bundled(default_model())
    backend = Backend.on_cpu(recognizer)
    if has_gpu():
        recognizer, _ = load_or_bundled(default_model(), engine="cuda")
except fer.FerError as error:
    sys.exit(f"The demo cannot start. {error}")


@spaces.GPU(duration=20)
def read_faces(photos: list[Image.Image], faces: list[list[DetectedFace]]) -> list[list[fer.Face]]:
    """The expressions of the faces that were found in each photo, read in batches."""
    return recognizer.read(photos, faces)


if recognizer.engine.name == "cuda":
    backend = Backend(recognizer, backend.quick, read_faces, read_faces)
demo = build(backend, remark or "")

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl+C, tidily
    demo.launch(**launch_settings())
