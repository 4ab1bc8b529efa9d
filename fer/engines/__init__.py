"""What runs the networks: OpenVINO, or torch. One of them is chosen for all that a model answers.

An engine takes a network in both its forms, the graph beside the weights and the torch module, each
made only when asked for, and gives back a `Network` that is ready to answer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

# A batch, float32 N×3×H×W, to the network's outputs. Safe to call from several threads.
Network = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]

# Opens a graph's file, which refers to the weights beside it, for as long as it is being read.
OpenGraph = Callable[[], AbstractContextManager[Path]]

EngineName = Literal["openvino", "torch", "cuda"]
Precision = Literal["fp32", "bf16"]


class Engine(Protocol):
    """One way to run networks."""

    name: EngineName
    precision: Precision  # in which it really computes

    def __call__(self, graph: OpenGraph, module: "Callable[[], nn.Module]") -> Network:
        """Make a network ready to answer."""

    def on_cpu(self) -> "Engine":
        """The same engine on the CPU, for what is too small to be worth a GPU."""
