"""The graph of a network (ONNX) beside its weights, for engines that do without torch.

It holds no weights of its own: it refers to the tensors of `model.safetensors` by their places in
that file, in the precision that they have there. So the two belong together, and `config.json`
records the SHA-256 of both.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import load_file

from fer import engines
from fer.errors import GraphError, MissingExtra, ModelError
from fer.models.config import GRAPH_FILE, WEIGHTS_FILE, Graph, NetworkConfig, write_config
from fer.models.files import check_sha256, sha256
from fer.models.model_folder import NetworkFolder
from fer.models.weights_file import not_finite, read_weights
from fer.networks.onnx_weights import INPUT, refer_to_weights

OUTPUTS = ("logits", "maps")
PREFIX = "network."  # of the tensors' names in the graph


def write_graph(folder: Path, config: NetworkConfig) -> Graph:
    """Write the graph for the weights that are in a folder; returns what to record of it."""
    try:
        from onnx import ModelProto

        graph = ModelProto.FromString(
            _without_weights(config.architecture, len(config.outputs), config.input_size)
        )
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "export") from error
    refer_to_weights(graph, folder / WEIGHTS_FILE, prefix=PREFIX)
    (folder / GRAPH_FILE).write_bytes(graph.SerializeToString(deterministic=True))
    return Graph(sha256(folder / GRAPH_FILE), sha256(folder / WEIGHTS_FILE))


def with_graph(folder: NetworkFolder) -> NetworkFolder:
    """A model folder, to which its graph is added where it is from before there were any."""
    if folder.config.graph is not None:
        return folder
    read_weights(folder, load_file)
    config = replace(folder.config, graph=write_graph(folder.path, folder.config))
    write_config(folder.path, config)
    return replace(folder, config=config)


@cache
def _without_weights(architecture: str, outputs: int, size: int) -> bytes:
    """The graph of an untrained network; none of it depends on the weights' values."""
    import torch

    from fer.networks.onnx_export import to_onnx
    from fer.networks.registry import Explained, build

    network = Explained(build(architecture, outputs, size=size))
    weights = network.state_dict()
    for number, tensor in enumerate(weights.values()):
        tensor.fill_(number)  # or equal ones, such as new batch norms, would be exported as one
    dynamic = {name: {0: "batch"} for name in (INPUT, *OUTPUTS)}
    graph = to_onnx(network, torch.zeros(2, 3, size, size), OUTPUTS, dynamic)
    for initializer in graph.graph.initializer:
        if initializer.name in weights:  # the rest are constants of the network
            initializer.ClearField("raw_data")
    return graph.SerializeToString()


def graph_of(folder: NetworkFolder) -> engines.Graph:
    """The graph of a model folder, after `check_graph`, for an engine."""
    record = folder.config.graph
    digest = f"{record.sha256}-{record.weights_sha256}" if record else ""
    return engines.Graph(lambda: opened_graph(folder), digest)


@contextmanager
def opened_graph(folder: NetworkFolder) -> Iterator[Path]:
    """The file of the graph, with the weights beside it.

    The Hub's cache keeps links to files elsewhere, which a graph may not refer to: they are copied.
    """
    path = folder.path / GRAPH_FILE
    if not (path.is_symlink() or folder.weights_path.is_symlink()):
        yield path
        return
    with TemporaryDirectory(prefix="fer-") as copies:
        for file in (path, folder.weights_path):
            shutil.copy(file, copies)
        yield Path(copies) / GRAPH_FILE


def check_graph(folder: NetworkFolder) -> None:
    """Raise `GraphError` where no graph fits the weights of a model folder.

    The weights are checked too, for OpenVINO reads them without a look at what they are: raises
    `ModelError` for bad ones.
    """
    path, config = folder.path / GRAPH_FILE, folder.config
    tensors = read_weights(folder, load_file)
    if config.graph is None or not path.is_file():
        raise GraphError(
            f"{folder.path} has no {GRAPH_FILE}, without which only torch can answer: save the "
            "model again, or install torch."
        )
    if config.graph.weights_sha256 != config.sha256:
        raise GraphError(
            f"{GRAPH_FILE} in {folder.path} belongs to other weights: save the model again."
        )
    try:
        check_sha256(path, config.graph.sha256)
    except ModelError as error:
        raise GraphError(str(error)) from error
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise not_finite(folder)
