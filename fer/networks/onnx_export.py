"""A network as an ONNX graph (https://onnx.ai), which other programs than torch can run."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import torch
from torch import nn

from fer.networks.onnx_weights import INPUT

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18


def to_onnx(
    network: nn.Module,
    example: torch.Tensor,
    outputs: tuple[str, ...],
    dynamic: dict[str, dict[int, str]],
) -> "ModelProto":
    """The graph of a network in evaluation mode, with every tensor under its name in the module.

    `dynamic` names the axes of the input and the outputs that may have another size than in the
    example.

    torch's older exporter is used on purpose: it takes a tenth of the newer one's time and leaves
    the tensors as they are, so that the graph can refer to the weights file.
    """
    import onnx

    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # it says that it is the older one
        path = Path(folder) / "graph.onnx"
        torch.onnx.export(
            network.eval(),
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            training=torch.onnx.TrainingMode.PRESERVE,  # or it would fold the batch norms away
            do_constant_folding=False,
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_axes=dynamic,
        )
        graph = onnx.load(path)
    for node in graph.graph.node:
        node.ClearField("name")  # half of the file, and of use to nobody
    return graph
