"""Training faces as the app would cut them out of a photo: by their own landmarks.

Data sets come with crops of another detector, which differ from ours in turn, size and place. A
face cut anew from its own crop shows a network what our detector and frame will give it.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from fer.data import LabelledFaces
from fer.faces.alignment import crop_matrix
from train.data.landmark_frame import find_landmarks, median_frame
from train.engine.checkpoint import save_tensors

CUTS = "cuts.safetensors"
# From fractions of a side to the places of torch's grids, which run from -1 to 1.
TO_GRID = np.array([[2, 0, -1], [0, 2, -1], [0, 0, 1.0]])


def cuts(faces: LabelledFaces, folder: Path) -> Tensor:
    """For each of N faces a matrix, N×2×3, from a place in the new crop to one in the given one.

    Places run from -1 to 1. A face that our detector does not find keeps its crop. They are kept
    in the run's `folder`, so that a run that is carried on has the same ones.
    """
    path = folder / CUTS
    if not path.exists():
        found = find_landmarks(faces, range(len(faces)))
        frame = median_frame(found)
        matrices = [_cut(landmarks, frame) for landmarks in found]
        save_tensors(path, {"cuts": torch.from_numpy(np.stack(matrices)).float()}, {})
    return load_file(path)["cuts"]


def _cut(landmarks: np.ndarray | None, frame: np.ndarray) -> np.ndarray:
    to_new = np.vstack([crop_matrix(landmarks, frame, 1, (1, 1)), [0, 0, 1]])
    return (TO_GRID @ np.linalg.inv(to_new) @ np.linalg.inv(TO_GRID))[:2]
