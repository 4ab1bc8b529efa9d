"""dlib's face recognition network, the start of a `face_resnet29` (see `train/starts`).

It has learnt to tell three million pictures of people apart, so it knows eyes and mouths before the
first expression is shown. Its file has batch normalisation folded into a scale (gamma) and a shift
(beta) behind each convolution.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.models.config import TrainingData
from fer.networks.face_resnet29 import MEAN, STD
from fer.networks.preprocess import to_batch

INPUT_SIZE = 150
EPS = nn.BatchNorm2d(1).eps
FACES_MEASURED = 256  # enough for the statistics of each layer
DLIB = TrainingData(
    "FaceScrub, VGG-Face and photos from the web, by dlib's author Davis King",
    "CC0-1.0",
    "cc0-1.0",
)


def is_dlib(start: str) -> bool:
    """Whether a start is the file of dlib's network, not a model folder."""
    return Path(start).suffix == ".safetensors"


def initialize_from_dlib(network: nn.Module, path: Path, faces: LabelledFaces) -> None:
    """Copy dlib's body into a `FaceResNet29`, whose features stay what they are in dlib.

    Its batch normalisation gets the statistics of `faces`, which training needs.

    Raises `DataError` when the file cannot be read or is of another network.
    """
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise DataError(f"The start {path} cannot be read: copy or download it again.") from error
    layers = [name.removesuffix(".bn") for name, m in network.named_modules() if _is_norm(m)]
    expected = {
        f"{layer}.{part}": network.get_parameter(f"{layer}.{own}.weight").shape
        for layer in layers
        for part, own in (("weight", "conv"), ("bias", "bn"), ("gamma", "bn"), ("beta", "bn"))
    }
    found = {name: tensor.shape for name, tensor in tensors.items() if name != "descriptor.weight"}
    if found != expected:
        wrong = min(n for n in expected | found if expected.get(n) != found.get(n))
        raise DataError(
            f"{path} does not hold dlib's face recognition network ({wrong} is missing, unknown or "
            "of another size): take the file in train/starts."
        )
    with torch.no_grad():
        for layer in layers:
            gamma = tensors[f"{layer}.gamma"]
            own = dict(network.get_submodule(layer).named_parameters())
            own["conv.weight"].copy_(tensors[f"{layer}.weight"])
            own["bn.weight"].copy_(gamma * (1 + EPS) ** 0.5)  # its variance is 1 until measured
            own["bn.bias"].copy_(tensors[f"{layer}.beta"] + gamma * tensors[f"{layer}.bias"])
    measure_statistics(network, faces)


@torch.no_grad()
def measure_statistics(network: nn.Module, faces: LabelledFaces) -> None:
    """Give each batch normalisation the statistics of its input, and keep what it computes.

    dlib's file has none, and without them training would not be stable.

    With mean μ and variance σ², the weight becomes γ·√(σ² + ε) / √(old variance + ε) and the bias
    makes up for the change of the mean, so that in evaluation mode the function is the same.
    """
    rows = np.linspace(0, len(faces) - 1, min(FACES_MEASURED, len(faces))).astype(int)
    batch = torch.from_numpy(to_batch([faces.image(row) for row in rows], INPUT_SIZE, MEAN, STD))

    def measure(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        old_mean, old_variance = norm.running_mean, norm.running_var
        assert old_mean is not None
        assert old_variance is not None
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        factor = norm.weight / (old_variance + norm.eps).sqrt()
        norm.bias.add_(factor * (mean - old_mean))
        norm.weight.copy_(factor * (variance + norm.eps).sqrt())
        old_mean.copy_(mean)
        old_variance.copy_(variance)

    hooks = [m.register_forward_pre_hook(measure) for m in network.modules() if _is_norm(m)]
    training = network.training
    network.eval()(batch)
    network.train(training)
    for hook in hooks:
        hook.remove()


def _is_norm(module: nn.Module) -> bool:
    return isinstance(module, nn.BatchNorm2d)
