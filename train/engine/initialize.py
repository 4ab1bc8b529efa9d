"""Where a run's weights start from: an earlier model, or an imported backbone."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from fer.errors import DataError
from fer.evaluation.provenance import training_record
from fer.models.model_folder import CONFIG, load_model, read_config
from fer.models.upstream.conversion import BACKBONE, LICENCE
from fer.networks.registry import FACE_RESNET
from train.engine.dlib import DLIB, is_dlib, start_from_dlib


def start_from(network: nn.Module, architecture: str, folder: str) -> None:
    """Copy the weights of a folder into a network: a model's, or an imported backbone's.
    A `face_resnet29` can also start from the file of dlib's network.

    A classifier for another number of classes does not fit, so the network keeps its fresh one.

    Raises `DataError` when the folder holds another architecture, `ModelError` when it is unusable.
    """
    if is_dlib(folder):
        if architecture != FACE_RESNET:
            raise DataError(
                f"{folder} holds dlib's face recognition network, so a {architecture} cannot start "
                f"from it: choose another start, or the architecture {FACE_RESNET}."
            )
        start_from_dlib(network, Path(folder))
        return
    backbone = Path(folder) / BACKBONE
    if architecture == "ddamfn" and backbone.is_file():
        network.get_submodule("backbone").load_state_dict(load_file(backbone))
        return
    source, config = load_model(Path(folder))
    if config.architecture != architecture:
        raise DataError(
            f"{folder} holds a {config.architecture}, so a {architecture} cannot start from it: "
            "choose another start."
        )
    own = network.state_dict()
    fitting = {n: t for n, t in source.state_dict().items() if t.shape == own[n].shape}
    network.load_state_dict(fitting, strict=False)


def origin(folder: str) -> dict[str, Any]:
    """What a run's record says of the model it started from: its recipe, cost, commit and terms.

    The cost, in seconds, and the terms include those of the models that it started from itself:
    who trains on is bound by what the first one was trained on.
    """
    if is_dlib(folder):
        return {
            "recipe": None,
            "seconds": None,
            "commit": None,
            "pretrained": False,
            "training_data": [DLIB],
        }
    earlier = training_record(Path(folder))
    recipe, before = earlier.get("recipe", {}), earlier.get("started_from", {})
    return {
        "recipe": recipe.get("name"),
        "seconds": earlier["seconds"] + (before.get("seconds") or 0)
        if "seconds" in earlier
        else None,
        "commit": earlier.get("commit"),
        "pretrained": recipe.get("pretrained", False) or before.get("pretrained", False),
        "training_data": [_training_data(Path(folder)), *before.get("training_data", [])],
    }


def _training_data(folder: Path) -> dict[str, str]:
    if (folder / CONFIG).is_file():
        return read_config(folder).training_data
    return {"name": "MS-Celeb-1M, by upstream", "licence": LICENCE}  # an imported backbone
