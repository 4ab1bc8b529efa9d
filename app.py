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

    from fer.models.bundled import default_model
    from fer.recognizer import Places, load_or_bundled
    from fer.ui import LAUNCH, build
    from fer.ui.engine import Engine
except ModuleNotFoundError as error:
    sys.exit(str(MissingExtra(error, "app")))

# At module level, because ZeroGPU lends its GPU only to what was moved there before the first call.
try:
    recognizer, notice = load_or_bundled(default_model())
except fer.FerError as error:
    sys.exit(f"The demo cannot start. {error}")
nearby = recognizer  # the one that stays on the CPU
if torch.cuda.is_available():
    nearby, _ = load_or_bundled(default_model())
    recognizer.to("cuda")


@spaces.GPU(duration=20)
def read(photos: list[Image.Image], places: list[Places]) -> list[list[fer.Face]]:
    """The faces found at places of photos, read in batches."""
    return recognizer.read(photos, places)


@spaces.GPU(duration=10)
def heat(*what: object) -> Image.Image:
    """The heatmap of one expression over one face."""
    return recognizer.heat_layer(*what)  # type: ignore[arg-type]


demo = build(Engine(recognizer, nearby, read, heat), notice or "")


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
