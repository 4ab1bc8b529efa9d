"""A run's state as one safetensors file, replaced atomically: a kill leaves the old or the new one.

Tensors are the model's, under `model.`, and the optimiser's, under `optimizer.<parameter>.<name>`;
everything else (the step, the best score, the history) is JSON in the file's metadata. No generator
state is needed: see `train.batches`.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from fer.errors import DataError


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Write tensors and JSON metadata so that `path` is never incomplete, even on a full disk."""
    partial = path.with_suffix(".partial")
    try:
        data = {name: tensor.contiguous() for name, tensor in tensors.items()}
        with partial.open("wb") as file:
            file.write(save(data, {"state": json.dumps(metadata)}))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(
            f"{path.name} could not be saved ({error.strerror}); the one before it is intact: "
            "free some space and start the same command again."
        ) from error


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata that `save_tensors` wrote."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(file.metadata()["state"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"The checkpoint {path} is damaged: delete the run folder to start afresh."
        ) from error


def save_checkpoint(
    path: Path, model: nn.Module, optimizer: Optimizer, state: dict[str, Any]
) -> None:
    """Save model, optimiser and `state` (plain data) as one file."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    save_tensors(path, tensors, state)


def restore_checkpoint(
    tensors: dict[str, Tensor], model: nn.Module, optimizer: Optimizer | None
) -> None:
    """Put a checkpoint's tensors into the model and, where given, the optimiser."""
    weights = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError("The checkpoint belongs to another network: use a new --out.") from error
    if optimizer is None:
        return
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            state.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
