"""Networks run by OpenVINO: on a CPU two to four times as fast as torch, and quick to start."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer.engines import EngineName, Network, OpenGraph, Precision
from fer.errors import EngineError

if TYPE_CHECKING:
    from torch import nn


class OpenVinoEngine:
    """Graphs (ONNX) compiled for this CPU; `bf16` where it has instructions for it, else `fp32`.

    Raises `EngineError` where OpenVINO is not installed or cannot use this CPU.
    """

    name: EngineName = "openvino"

    def __init__(self, precision: Precision = "fp32"):
        try:
            import openvino

            self._core = openvino.Core()
            able = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        except ImportError as error:
            raise EngineError("OpenVINO is not installed: run pip install openvino.") from error
        except (OSError, RuntimeError) as error:
            raise EngineError("OpenVINO cannot use this computer's CPU.") from error
        self.precision: Precision = "bf16" if precision == "bf16" and "BF16" in able else "fp32"

    def __call__(self, graph: OpenGraph, module: "Callable[[], nn.Module]") -> Network:
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            # Threads tied to cores wait for them while other programs compute there.
            "ENABLE_CPU_PINNING": False,
            # Said outright: by default it computes in bf16 where the CPU can.
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
        }
        with graph() as path:
            try:
                compiled = self._core.compile_model(path, "CPU", options)
            except RuntimeError as error:
                raise EngineError(
                    f"OpenVINO cannot use {path.name} in {path.parent}: save the model again."
                ) from error
        request, lock = compiled.create_infer_request(), threading.Lock()

        def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
            with lock:
                outputs = request.infer([batch], share_inputs=True)
                return tuple(outputs[port] for port in compiled.outputs)

        return run

    def on_cpu(self) -> "OpenVinoEngine":
        """It runs on the CPU alone."""
        return self
