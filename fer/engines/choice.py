"""Which engine answers: chosen here, once for each model that is loaded."""

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec

from fer.engines import Engine, EngineName, Precision
from fer.engines.openvino_engine import OpenVinoEngine
from fer.engines.torch_engine import TorchEngine
from fer.errors import EngineError, GraphError


def has_gpu() -> bool:
    """Whether torch can use CUDA here; torch, which is slow to import, is asked only if it may."""
    if find_spec("torch") is None or not (
        os.environ.get("SPACES_ZERO_GPU") or shutil.which("nvidia-smi")
    ):
        return False
    import torch

    return torch.cuda.is_available()


def quickest() -> EngineName | None:
    """The engine for many faces where nobody waits for the first one: a GPU's where there is one.

    None stands for the usual choice.
    """
    return "cuda" if has_gpu() else None


def choose(
    wanted: EngineName | None, precision: Precision, check_graphs: Callable[[], None]
) -> tuple[Engine, str]:
    """The engine of that name; without one OpenVINO, or else torch, which needs no graphs.

    `check_graphs` raises `GraphError` where OpenVINO cannot have the graphs it needs. Also returns
    a sentence on why torch has to stand in, empty where it need not.

    Raises `EngineError` or `GraphError` where neither can answer, or not the one that is wanted.
    """
    if wanted not in (None, "openvino", "torch", "cuda"):
        raise EngineError(f"There is no engine {wanted!r}: choose openvino, torch or cuda.")
    if precision not in ("fp32", "bf16"):
        raise EngineError(f"There is no precision {precision!r}: choose fp32 or bf16.")
    if wanted in ("torch", "cuda"):
        return TorchEngine("cuda" if wanted == "cuda" else "cpu"), ""
    try:
        engine = OpenVinoEngine(precision)
        check_graphs()
        return engine, ""
    except (EngineError, GraphError) as error:
        if wanted or find_spec("torch") is None:
            raise
        return TorchEngine(), f"{error} torch answers instead, more slowly."
