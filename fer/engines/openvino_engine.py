"""Networks run by OpenVINO: on a CPU two to four times as fast as torch, and quick to start."""

import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fer.cache import Kept
from fer.cores import cores
from fer.engines import EngineName, Graph, Network, Precision
from fer.errors import EngineError
from fer.forks import Gate, PerProcess, never_free

if TYPE_CHECKING:
    from openvino import CompiledModel, Core, InferRequest
    from torch import nn

# Items of a batch are computed side by side, up to four cores with one thread each: threads that
# share an item wait for each other, beside other busy processes many times as long.
STREAMS = min(4, cores())
COMPILED = Kept("openvino", most=12)  # of some 15 MB each


def _new_core() -> "Core":
    import openvino

    never_free(made := openvino.Core())
    # Asked first by several threads at once, its tables of types would wait for the interpreter's
    # lock in one while another held it and waited for the tables: for ever.
    openvino.Type.f32.to_dtype()
    assert openvino.Tensor(np.zeros(1, np.float32), shared_memory=True).data.size == 1
    return made


# OpenVINO's core, one for the process, which must outlive all that came before it.
#
# With its CPU plugin comes a stack for signal handlers, whose memory goes back when the core dies.
# After two cores the process may be left with a stack that is gone, and the next signal, Ctrl-C
# say, would end in a segmentation fault.
core = PerProcess(_new_core)


working = Gate()  # by all that OpenVINO is asked to do


def _before_a_fork() -> None:
    """Let OpenVINO finish what it is at, and end the threads of networks that are gone.

    It keeps them for networks to come, which in the child would wait for them for ever, until a
    core dies: one that is made for that, in a thread whose signals matter to nobody.
    """
    working.close()
    if core.made is None:
        return
    kind = type(core.made)
    thread = Thread(target=lambda: kind().get_property("CPU", "FULL_DEVICE_NAME"))
    thread.start()
    thread.join()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_a_fork, after_in_parent=working.open, after_in_child=working.start_over
    )


class OpenVinoEngine:
    """Graphs (ONNX) compiled for this CPU; `bf16` where it has instructions for it, else `fp32`.

    Raises `EngineError` where OpenVINO is not installed or cannot use this CPU.
    """

    name: EngineName = "openvino"

    def __init__(self, precision: Precision = "fp32"):
        try:
            import openvino

            with working():
                able = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
                cpu = core().get_property("CPU", "FULL_DEVICE_NAME")
        except ImportError as error:
            raise EngineError("OpenVINO is not installed: run pip install openvino.") from error
        except (OSError, RuntimeError) as error:
            raise EngineError("OpenVINO cannot use this computer's CPU.") from error
        self.precision: Precision = "bf16" if precision == "bf16" and "BF16" in able else "fp32"
        # What is compiled here is of no use to another version or another CPU.
        self._place = (openvino.__version__, cpu, sorted(able), cores())

    def __call__(self, graph: Graph, module: "Callable[[], nn.Module]") -> Network:
        ready = PerProcess(lambda: self._requests(graph))
        ready()  # or errors would come with the first photo

        def run(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
            free = ready()
            with working():
                requests = [free.get()]
                with suppress(Empty):  # a second request only where nobody else has it
                    while len(requests) < min(len(batch), STREAMS):
                        requests.append(free.get_nowait())
                try:
                    return _answer(requests, batch)
                finally:
                    for request in requests:
                        free.put(request)

        return run

    def _requests(self, graph: Graph) -> "SimpleQueue[InferRequest]":
        """As many as are answered side by side, to be taken and put back."""
        free: SimpleQueue[InferRequest] = SimpleQueue()
        with working():
            compiled = self._compiled(graph)
            for _ in range(STREAMS):
                free.put(compiled.create_infer_request())
        return free

    def _compiled(self, graph: Graph) -> "CompiledModel":
        """The graph made ready for this CPU: as it was kept, or anew, which takes a second."""
        options = {
            "NUM_STREAMS": STREAMS,
            "INFERENCE_NUM_THREADS": cores(),
            # Threads tied to cores wait for them while other programs compute there.
            "ENABLE_CPU_PINNING": False,
            # Said outright: by default it computes in bf16 where the CPU can.
            "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[self.precision],
        }
        about = (*self._place, sorted(options.items()), graph.digest)
        name = sha256(repr(about).encode()).hexdigest()
        kept = COMPILED.get(name)
        if kept is not None:
            with suppress(RuntimeError):
                return core().import_model(kept, "CPU", options)
        with graph.open() as path:
            try:
                compiled = core().compile_model(path, "CPU", options)
            except RuntimeError as error:
                raise EngineError(
                    f"OpenVINO cannot use {path.name} in {path.parent}: save the model again."
                ) from error
        COMPILED.put(name, compiled.export_model().getvalue())
        return compiled

    def on_cpu(self) -> "OpenVinoEngine":
        """It runs on the CPU alone."""
        return self


def _answer(
    requests: "list[InferRequest]", batch: NDArray[np.float32]
) -> tuple[NDArray[np.float32], ...]:
    """The outputs for a batch, of which each request gets a part."""
    parts = np.array_split(batch, len(requests))
    for request, part in zip(requests, parts, strict=True):
        request.start_async([part], share_inputs=True)
    for request in requests:
        request.wait()
    outputs = [
        [request.get_output_tensor(i).data for request in requests]
        for i in range(len(requests[0].model_outputs))
    ]
    return tuple(np.concatenate(own) for own in outputs)
