"""On ZeroGPU only functions decorated with `spaces.GPU` may run the networks."""

import os
import shutil
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest


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

    monkeypatch.setattr("spaces.GPU", lend)
    app = import_app()
    sent = shutil.copy(portrait, os.environ["GRADIO_TEMP_DIR"])
    offered = {one.api_name: one.fn for one in app.demo.fns.values()}
    answer = offered["explain"]({"path": sent}, 1, "anger", 0)
    assert answer["emotion"] == "anger"
    assert lent == ["read_faces", "draw_heatmap_layer"]
