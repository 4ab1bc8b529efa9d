"""What runs the networks: OpenVINO, or torch. One of them is chosen for all that a model answers.

An engine takes a network in both its forms, the graph beside the weights and the torch module, each
made only when asked for, and gives back a `Network` that is ready to answer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

# A batch, float32 N×3×H×W, to the network's outputs. Safe to call from several threads.
Network = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


@dataclass(frozen=True)
class Graph:
    """A network as a file for OpenVINO (ONNX), which refers to the weights beside it."""

    open: Callable[[], AbstractContextManager[Path]]  # for as long as it is being read
    digest: str  # the same for the same graph with the same weights, and for no others


EngineName = Literal["openvino", "torch", "cuda"]
Precision = Literal["fp32", "bf16"]


class Engine(Protocol):
    """One way to run networks."""

    name: EngineName
    precision: Precision  # in which it really computes

    def __call__(self, graph: Graph, module: "Callable[[], nn.Module]") -> Network:
        """Make a network ready to answer."""

    def on_cpu(self) -> "Engine":
        """The same engine on the CPU, for what is too small to be worth a GPU."""
