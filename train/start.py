"""Where a run's weights start from: an earlier model's features, whatever its heads were for."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from fer.errors import DataError
from fer.folder import load_model
from fer.importer import BACKBONE
from train.provenance import training_record

# What names of weights below the heads and the classifier begin with; a run makes those two anew.
FEATURES = ("backbone.", "stem.", "stages.")


def start_from(network: nn.Module, architecture: str, folder: str) -> None:
    """Copy the features of a folder into a network: a model's, or an imported backbone's.

    Raises `DataError` when the folder holds another architecture, `ModelError` when it is unusable.
    """
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
    features = {n: t for n, t in source.state_dict().items() if n.startswith(FEATURES)}
    network.load_state_dict(features, strict=False)


def origin(folder: str) -> dict[str, Any]:
    """What a run's record says of the model it started from: its recipe, cost and commit."""
    earlier = training_record(Path(folder))
    return {
        "recipe": earlier.get("recipe", {}).get("name"),
        "seconds": earlier.get("seconds"),
        "commit": earlier.get("commit"),
    }
