"""The weights of a single network, checked before they are used."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from fer.errors import ModelError
from fer.models.config import WEIGHTS_FILE, NetworkConfig, write_config
from fer.models.graph import write_graph
from fer.models.model_folder import NetworkFolder
from fer.models.weights_file import not_finite, read_weights
from fer.networks.registry import build


def save_network(
    folder: Path,
    network: nn.Module,
    config: NetworkConfig,
    parameters: torch.dtype = torch.float16,
) -> None:
    """Write a model folder: parameters in a precision of choice, batch statistics as they are.

    Its graph, for engines other than torch, is written with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {name for name, _ in network.named_parameters()}
    tensors = {
        name: (tensor.to(parameters) if name in names else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    try:
        save_file(tensors, folder / WEIGHTS_FILE, {"format": "pt"})
    except SafetensorError as error:
        raise ModelError(
            f"{folder} cannot hold the model ({error}): free some space, or choose another place."
        ) from error
    graph = write_graph(folder, config)
    write_config(folder, replace(config, sha256=graph.weights_sha256, graph=graph))


def load_network(folder: NetworkFolder) -> nn.Module:
    """The network of a folder in float32 and evaluation mode, frozen.

    Raises `ModelError` when its weights cannot be used.
    """
    config = folder.config
    network = build(config.architecture, len(config.outputs), size=config.input_size)
    tensors = read_weights(folder, load_file)
    _check_tensors(tensors, network, folder)
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False)


def _check_tensors(
    tensors: dict[str, torch.Tensor], network: nn.Module, folder: NetworkFolder
) -> None:
    path = folder.weights_path
    expected = {name: _kind(tensor) for name, tensor in network.state_dict().items()}
    found = {name: _kind(tensor) for name, tensor in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise ModelError(
                f"{path.name} in {path.parent} does not fit the network: {name} is "
                f"{found.get(name, 'missing')}, expected {expected.get(name, 'none')}."
            )
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise not_finite(folder)


def _kind(tensor: torch.Tensor) -> str:
    """What has to agree: the shape, and whether the values are fractions, in any precision."""
    return f"{tuple(tensor.shape)} {'float' if tensor.is_floating_point() else tensor.dtype}"
