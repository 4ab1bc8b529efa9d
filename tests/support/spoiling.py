"""Changes to a copy of a model folder, for tests of what is said of a bad one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from fer.models.config import CONFIG, WEIGHTS_FILE
from fer.models.files import sha256
from fer.models.model_folder import open_model
from fer.models.records import METRICS

Spoil = Callable[[Path], None]


def set_config(**changes: Any) -> Spoil:
    """Other values in `config.json`."""

    def change(folder: Path) -> None:
        path = folder / CONFIG
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def judged_so(folder: Path) -> None:
    """Figures as if they had been measured with what is on record in the folder now."""
    path = folder / METRICS
    metrics = json.loads(path.read_text())
    for figures in metrics.values():
        figures["provenance"]["records"] = open_model(folder).records()
    path.write_text(json.dumps(metrics))


def set_tensors(change: Callable[[dict[str, Tensor]], Any]) -> Spoil:
    """Other weights, whose SHA-256 is recorded as if they were right."""

    def rewrite(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS_FILE)
        change(tensors)
        save_file(tensors, folder / WEIGHTS_FILE)
        set_config(sha256=sha256(folder / WEIGHTS_FILE))(folder)

    return rewrite
