"""On ZeroGPU only functions decorated with `spaces.GPU` may run the networks."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from serving import ROOT


def test_the_networks_run_only_where_a_gpu_is_lent(
    monkeypatch: pytest.MonkeyPatch, portrait: Path
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
    monkeypatch.setenv("GRADIO_TEMP_DIR", "the app sets its own")
    monkeypatch.syspath_prepend(ROOT)
    app = importlib.import_module("app")
    monkeypatch.delitem(sys.modules, "app")
    sent = shutil.copy(portrait, os.environ["GRADIO_TEMP_DIR"])
    offered = {one.api_name: one.fn for one in app.demo.fns.values()}
    answer = offered["explain"]({"path": sent}, 1, "anger", 0)
    assert answer["emotion"] == "anger"
    assert lent == ["read", "heat"]
