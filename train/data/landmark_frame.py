"""How the crops of a data set look, so that faces of photos can be cut out the same way.

    python -m train.data.landmark_frame --data FOLDER --model A [B …]

measures where the landmarks lie in the crops of the train split and writes it into models that were
trained on it, such as after a change of the face detector.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from fer.commands import run_command
from fer.data import LabelledFaces, load_split
from fer.faces import ARCFACE, FaceDetector
from fer.models.classifier import engine_for
from fer.models.config import write_config
from fer.models.model_folder import open_network

SAMPLE = 400  # faces looked at
ENOUGH = 30  # faces found, below which the usual frame is taken instead
SIDE = 192  # crops are enlarged to this
AT_ONCE = 32  # crops searched side by side


def measure_frame(faces: LabelledFaces) -> NDArray[np.floating]:
    """Where the five landmarks lie in the crops of a data set: 5×2, fractions of the crop's side.

    The median over a spread of faces, see `median_frame`.
    """
    return median_frame(find_landmarks(faces, _sample(faces)))


def find_landmarks(faces: LabelledFaces, rows: Iterable[int]) -> list[NDArray[np.floating] | None]:
    """The landmarks in each of those crops, 5×2, fractions of its side; None where no face is."""
    engine, _ = engine_for([])
    detector = FaceDetector.load(engine)
    found: list[NDArray[np.floating] | None] = []
    rows = list(rows)
    with tqdm(total=len(rows), desc="landmarks", dynamic_ncols=True) as bar:
        for start in range(0, len(rows), AT_ONCE):
            crops = [_enlarged(faces, row) for row in rows[start : start + AT_ONCE]]
            for detected in detector.each(crops):
                found.append(detected[0].landmarks / SIDE if detected else None)
            bar.update(len(crops))
    return found


def median_frame(landmarks: Sequence[NDArray[np.floating] | None]) -> NDArray[np.floating]:
    """The median of the landmarks that were found, 5×2; of too few, ArcFace's frame, which most
    aligned data sets have."""
    found = [own for own in landmarks if own is not None]
    print(f"The detector finds a face in {len(found)} of {len(landmarks)} crops.")
    if len(found) < ENOUGH:
        print("These are too few: taking the frame of ArcFace.")
        return ARCFACE
    return np.median(found, axis=0)


def _enlarged(faces: LabelledFaces, row: int) -> Image.Image:
    return faces.image(row).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def is_grey(faces: LabelledFaces) -> bool:
    """Whether a data set has no colour: the networks trained on it must see no other faces."""
    crops = (np.asarray(faces.image(row).convert("RGB")) for row in _sample(faces))
    return all(np.ptp(crop, axis=2).max() == 0 for crop in crops)


def _sample(faces: LabelledFaces) -> NDArray[np.int64]:
    """Rows spread over the data set."""
    return np.linspace(0, len(faces) - 1, min(SAMPLE, len(faces))).astype(int)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.data.landmark_frame")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--model", type=Path, nargs="+", required=True, help="model folders")
    options = parser.parse_args(arguments)
    return run_command(lambda: write_frame(options.data, options.model), "train")


def write_frame(data: str, folders: list[Path]) -> int:
    """Measure the frame of a data set and write it into the models; 0."""
    models = [open_network(folder) for folder in folders]
    frame = tuple(map(tuple, measure_frame(load_split(data, "train")).tolist()))
    for model in models:
        write_config(model.path, replace(model.config, frame=frame))
    print(*frame, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
