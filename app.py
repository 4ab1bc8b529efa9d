"""The demo: `python app.py` at home, or as it is on a Hugging Face Space with a CPU or ZeroGPU.

The environment variable FER_MODEL names a model folder other than the bundled one.
"""

import os
import signal
import sys
import tempfile

import spaces
import torch
from PIL import Image

import fer
from fer.places import default_model
from fer.ui import LAUNCH, build

# At module level, because ZeroGPU lends its GPU only to what was moved there before the first call.
try:
    recognizer = fer.load(default_model())
except fer.FerError as error:
    sys.exit(f"The demo cannot start. {error}")
if torch.cuda.is_available():
    recognizer.to("cuda")


@spaces.GPU
def find_faces(photo: Image.Image) -> list[fer.Face]:
    """All faces of a photo, with their probabilities."""
    return recognizer(photo)


@spaces.GPU
def explain(photo: Image.Image, face: fer.Face, emotion: str) -> Image.Image:
    """The photo with the heatmap of one emotion over one face."""
    return recognizer.explain(photo, face, emotion)


# Gradio leaves files behind when it ends: visitors' photos get a folder that goes with the process.
visitors_files = tempfile.TemporaryDirectory(prefix="fer-")
os.environ["GRADIO_TEMP_DIR"] = visitors_files.name

demo = build(find_faces, explain, recognizer.name)

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl+C, tidily
    demo.launch(**LAUNCH)
