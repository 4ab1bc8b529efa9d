"""The demo: `python app.py` at home, or as it is on a Hugging Face Space with a CPU or ZeroGPU.

The environment variable FER_MODEL names another model than the bundled one: a folder or a Hub id.
While the Hub cannot be reached, the bundled one answers and the page says so.
"""

import atexit
import importlib
import os
import shutil
import signal
import sys
import tempfile

import fer
from fer.errors import MissingExtra

# Before gradio is imported, or its MCP server would put photos elsewhere.
os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="fer-")
# Gradio leaves files behind when it ends: those of visitors go with the process.
atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)

try:
    import spaces
    import torch
    from PIL import Image

    from fer.faces import DetectedFace
    from fer.models.bundled import default_model
    from fer.recognizer import Region, load_or_bundled
    from fer.ui.engine import Engine
    from fer.ui.page import LAUNCH, build
except ModuleNotFoundError as error:
    sys.exit(str(MissingExtra(error, "app")))

# At module level, because ZeroGPU lends its GPU only to what was moved there before the first call.
try:
    recognizer, remark = load_or_bundled(default_model())
except fer.FerError as error:
    sys.exit(f"The demo cannot start. {error}")
cpu_recognizer = recognizer
if torch.cuda.is_available():
    cpu_recognizer, _ = load_or_bundled(default_model())
    recognizer.to("cuda")


@spaces.GPU(duration=20)
def read_faces(photos: list[Image.Image], faces: list[list[DetectedFace]]) -> list[list[fer.Face]]:
    """The expressions of the faces that were found in each photo, read in batches."""
    return recognizer.read(photos, faces)


@spaces.GPU(duration=10)
def draw_heatmap_layer(
    photo_size: tuple[int, int],
    face: fer.Face,
    region: Region,
    size: tuple[int, int],
    emotion: str,
    member: int,
) -> Image.Image:
    """The heatmap of one expression over one face, to lay over a region of the photo."""
    return recognizer.heat_layer(photo_size, face, region, size, emotion, member)


demo = build(Engine(recognizer, cpu_recognizer, read_faces, draw_heatmap_layer), remark or "")


def prepare_heatmaps() -> None:
    """Import what heatmaps need, which takes seconds.

    When a page is opened, not before, or the very first answer would wait for it; by the time the
    visitor has chosen a photo it is there.
    """
    importlib.import_module("fer.networks.gradcam")


with demo:
    demo.load(prepare_heatmaps, api_visibility="private")

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl+C, tidily
    demo.launch(**LAUNCH)
