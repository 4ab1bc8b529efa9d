"""On ZeroGPU only functions decorated with `spaces.GPU` may run the networks."""

import os
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from fer.engines.torch_engine import TorchEngine


def test_the_networks_run_only_where_a_gpu_is_lent(
    monkeypatch: pytest.MonkeyPatch, portrait: Path, import_app: Callable[[], Any]
) -> None:
    lent: list[str] = []

    def lend(duration: int) -> Callable[[Callable], Callable]:
        def decorate(function: Callable) -> Callable:
            @wraps(function)
            def run(*given: Any) -> Any:
                lent.append(function.__name__)
                return function(*given)

            return run

        return decorate

    def on_gpu(device: str) -> TorchEngine:
        engine = TorchEngine()  # where there is none
        engine.name = "cuda"
        return engine

    monkeypatch.setattr("spaces.GPU", lend)
    monkeypatch.setattr("fer.engines.choice.has_gpu", lambda: True)
    monkeypatch.setattr("fer.engines.choice.TorchEngine", on_gpu)
    app = import_app()
    sent = shutil.copy(portrait, os.environ["GRADIO_TEMP_DIR"])
    offered = {one.api_name: one.fn for one in app.demo.fns.values()}
    answer = offered["explain"]({"path": sent}, 1, "anger", 0)
    assert answer["emotion"] == "anger"
    assert lent == ["read_faces"]
    assert app.backend.recognizer.engine.name == "cuda"
    assert app.backend.quick.engine.name == "openvino", "Live does not wait for a GPU"
