"""What a run's weights start from: an earlier model, an imported backbone or dlib's network."""

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.models.config import CONFIG, TrainingData
from fer.models.model_folder import open_network
from fer.models.records import Origin, read_training
from fer.models.upstream.conversion import BACKBONE, LICENCE
from fer.models.weights import load_network
from fer.networks.names import DDAMFN, FACE_RESNET
from fer.networks.registry import timms
from train.engine.dlib import DLIB, initialize_from_dlib, is_dlib

UPSTREAM = TrainingData("MS-Celeb-1M, by upstream", LICENCE)  # of an imported backbone


def initialize(network: nn.Module, architecture: str, start: str, faces: LabelledFaces) -> None:
    """Copy weights into a network: those of a model folder, of an imported backbone's folder or,
    for a `face_resnet29`, of the file of dlib's network, whose statistics are those of `faces`.

    A classifier for another number of classes does not fit, so the network keeps its fresh one.

    Raises `DataError` when the start is of another architecture, `ModelError` when it is unusable.
    """
    if is_dlib(start):
        if architecture != FACE_RESNET:
            raise DataError(
                f"{start} holds dlib's face recognition network, so a {architecture} cannot start "
                f"from it: choose another start, or the architecture {FACE_RESNET}."
            )
        initialize_from_dlib(network, Path(start), faces)
        return
    backbone = Path(start) / BACKBONE
    if architecture == DDAMFN and backbone.is_file():
        network.get_submodule("backbone").load_state_dict(load_file(backbone))
        return
    folder = open_network(Path(start))
    if folder.config.architecture != architecture:
        raise DataError(
            f"{start} holds a {folder.config.architecture}, so a {architecture} cannot start from "
            "it: choose another start."
        )
    own = network.state_dict()
    given = load_network(folder).state_dict()
    fitting = {name: tensor for name, tensor in given.items() if tensor.shape == own[name].shape}
    network.load_state_dict(fitting, strict=False)


def origin(start: str) -> Origin:
    """What a run's record says of the model it started from: its recipe, cost, commit and terms.

    The cost, in seconds, and the terms include those of the models that it started from itself:
    who trains on is bound by what the first one was trained on.
    """
    if is_dlib(start):
        return Origin(training_data=(DLIB,))
    earlier = read_training(Path(start))
    before = earlier.started_from or Origin()
    seconds = earlier.seconds
    return Origin(
        recipe=earlier.recipe.name if earlier.recipe else None,
        seconds=None if seconds is None else seconds + (before.seconds or 0),
        commit=earlier.commit,
        pretrained=before.pretrained or earlier.with_unnamed_weights,
        weights=before.weights,
        training_data=(_training_data(Path(start)), *before.training_data),
    )


def timms_weights(architecture: str) -> Origin:
    """What a run's record says of timm's weights that it starts from, in timm's own words."""
    about = timms().metadata(architecture)
    name = about.hf_hub_id or f"{architecture}.{about.tag}"
    papers = f" ({about.paper_ids})" if about.paper_ids else ""
    terms = about.license or "not stated"
    return Origin(
        weights=name,
        training_data=(
            TrainingData(
                f"the weights {name} of timm{papers}",
                f"Licence, as timm has it: {terms}. The images that they learnt from have terms of "
                "their own.",
                about.license or "",
            ),
        ),
    )


def _training_data(folder: Path) -> TrainingData:
    return open_network(folder).config.training_data if (folder / CONFIG).is_file() else UPSTREAM
