"""The weights of an ONNX graph: in a safetensors file beside it, or inside it.

A graph's tensors are those of the network by name, but for a `prefix`. Halves are cast when the
graph is loaded: all is computed in float32.
"""

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto

INPUT = "faces"  # what the input of every graph is called
STORED = ".stored"  # ends the name of a tensor that is cast before it is used
COUNTED = ("running_mean", "running_var")  # what batch norms have counted does not fit a half


def refer_to_weights(graph: "ModelProto", weights: Path, prefix: str = "") -> None:
    """Let a graph's tensors be those in a safetensors file that will lie beside it."""
    from onnx import TensorProto

    types = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT16}
    start, tensors = _header(weights)
    for tensor in graph.graph.initializer:
        if (name := tensor.name.removeprefix(prefix)) not in tensors:
            continue  # a constant of the network, which is no weight
        about = tensors[name]
        first, end = about["data_offsets"]
        place = {"location": weights.name, "offset": start + first, "length": end - first}
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.data_type = types[about["dtype"]]
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
    _cast_halves(graph)


def hold_weights(
    graph: "ModelProto", tensors: dict[str, NDArray], half: bool, prefix: str = ""
) -> None:
    """Put tensors into a graph that referred to them, in half or in full precision."""
    from onnx import numpy_helper

    for tensor in graph.graph.initializer:
        name = tensor.name.removesuffix(STORED)
        if name.removeprefix(prefix) not in tensors:
            continue
        precision = np.float16 if half and not name.endswith(COUNTED) else np.float32
        values = tensors[name.removeprefix(prefix)].astype(precision)
        tensor.CopyFrom(numpy_helper.from_array(values, name))
    others = [node for node in graph.graph.node if not _is_cast(node)]
    del graph.graph.node[:]
    graph.graph.node.extend(others)
    _cast_halves(graph)


def _is_cast(node: Any) -> bool:
    """Whether a node was put there by `_cast_halves`."""
    return node.op_type == "Cast" and node.input[0].endswith(STORED)


def _cast_halves(graph: "ModelProto") -> None:
    """Cast every tensor in half precision first of all, under the name that the nodes know."""
    from onnx import TensorProto, helper

    nodes = list(graph.graph.node)
    casts = []
    for tensor in graph.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            name = tensor.name
            tensor.name = name + STORED
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    del graph.graph.node[:]
    graph.graph.node.extend([*casts, *nodes])


def _header(weights: Path) -> tuple[int, dict[str, Any]]:
    """Where a safetensors file's numbers begin, and what it says of each tensor."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return 8 + length, json.loads(file.read(length))
