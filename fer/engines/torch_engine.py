"""Networks run by torch: the reference, and the way onto a GPU."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from fer.engines import EngineName, Graph, Network, Precision
from fer.errors import EngineError
from fer.forks import PerProcess

if TYPE_CHECKING:
    from torch import nn


FIRST = os.getpid()  # the process that loaded this module, of which others may be forked

# All networks: beside each other they would take the cores from each other.
ONE_AT_A_TIME = PerProcess(threading.Lock)


class TorchEngine:
    """Modules on the CPU or on CUDA, in float32; raises `EngineError` where torch is missing."""

    precision: Precision = "fp32"

    def __init__(self, device: Literal["cpu", "cuda"] = "cpu"):
        try:
            import torch  # noqa: F401
        except ImportError as error:
            raise EngineError(
                "torch is not installed: run pip install 'fer-toolkit[torch]'."
            ) from error
        self.device = device
        self.name: EngineName = "cuda" if device == "cuda" else "torch"

    def __call__(self, graph: Graph, module: "Callable[[], nn.Module]") -> Network:
        import torch

        _threads_of_a_child()
        network = module().to(self.device)

        def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
            _threads_of_a_child()
            given = torch.from_numpy(batch).to(self.device, memory_format=torch.channels_last)
            with ONE_AT_A_TIME(), torch.inference_mode(), full_precision(self.device):
                return tuple(output.float().cpu().numpy() for output in network(given))

        return run

    def on_cpu(self) -> "TorchEngine":
        """The same on the CPU."""
        return TorchEngine()


@contextmanager
def full_precision(device: str) -> Iterator[None]:
    """Inside, a GPU's convolutions are not rounded to TF32, as torch has them otherwise."""
    import torch

    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = before and device != "cuda"
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def _threads_of_a_child() -> None:
    """In a forked process OpenMP would wait for threads that have stayed in the parent."""
    import torch

    if os.getpid() != FIRST:
        torch.set_num_threads(1)
