"""Learning from models too: targets that are partly what teachers say of a face.

What a trained model thinks of a face tells more than its label: which other emotions it could be,
and that some labels are wrong (G. Hinton et al., "Distilling the Knowledge in a Neural Network",
2015). Teachers see each face as it is, and their answers are computed once.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load_file

from fer.data import LabelledFaces
from fer.evaluation.predictions import cached_probabilities, predict_split
from fer.models.model_folder import open_network, require_same_labels
from fer.models.weights import load_network
from fer.networks.preprocess import to_batch
from train.engine.checkpoint import save_tensors

ANSWERS = "teachers.safetensors"
FEATURES = "features.safetensors"


def taught_targets(
    faces: LabelledFaces, teachers: Sequence[str], share: float, folder: Path
) -> NDArray[np.float32]:
    """The faces' targets N×7, of which `share` is the mean of the teachers' probabilities.

    These are calibrated, so that no other softening is needed, and kept in the run's `folder`: a
    run that is carried on has the same ones, whatever has become of its teachers.

    Raises `ModelError` when a teacher, a folder of one network, cannot be used.
    """
    path = folder / ANSWERS
    if not path.exists():
        folders = [open_network(Path(name)) for name in teachers]
        for one in folders:
            require_same_labels(one, faces.label_set)
        answers = [cached_probabilities(one, faces) for one in folders]
        save_tensors(path, {"probabilities": torch.from_numpy(np.mean(answers, axis=0))}, {})
    probabilities = load_file(path)["probabilities"]
    return ((1 - share) * faces.targets + share * probabilities).astype(np.float32, copy=False)


def taught_features(faces: LabelledFaces, teacher: str, folder: Path) -> NDArray[np.float32]:
    """The mean of a teacher's last map for every face, N×F, kept in the run's `folder` too.

    Raises `ModelError` when the teacher cannot be used.
    """
    path = folder / FEATURES
    if not path.exists():
        model = open_network(Path(teacher))
        network: Any = load_network(model)
        config = model.config

        @torch.inference_mode()
        def features(crops: list[Image.Image]) -> NDArray[np.float32]:
            batch = to_batch(crops, config.input_size, config.mean, config.std)
            return network.last_map(torch.from_numpy(batch)).mean((2, 3)).numpy()

        found = torch.from_numpy(predict_split(features, faces))
        save_tensors(path, {"features": found}, {})
    return load_file(path)["features"]
