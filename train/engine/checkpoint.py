"""A run's state as one safetensors file, replaced atomically: a kill leaves the old or the new one.

Tensors are the model's, under `model.`, and the optimiser's, under `optimizer.<parameter>.<name>`;
everything else is a `RunState` as JSON in the file's metadata. No generator state is needed: what
is drawn depends on the number of the step alone (`train.data.batches`, `TrainingLoop.step`).
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from fer.errors import DataError
from fer.models.records import EpochRecord, Origin
from train.engine.recipe import Recipe

# Of what a recipe means, so that no run goes on by other rules than it began with. 1: each face was
# changed by a random generator of its own, dropout drew from whatever a process had drawn before;
# 2: a batch is changed and a step draws by its number, and optimisers are torch's fused ones;
# 3: the moving average is a plain copy of the network.
VERSION = 3


@dataclass(kw_only=True)
class RunState:
    """Where a run stands: all that it needs to carry on, but for the tensors."""

    recipe: Recipe
    train: str  # digest of the split
    validation: str
    version: int = 1  # what was saved before versions were counted
    started_from: Origin | None = None
    taught_by: list[Origin] = field(default_factory=list)
    stage: int = 0
    step: int = 0  # how many of the stage are done
    loss_sum: float = 0.0  # of the epoch so far
    best: float = -1.0  # score of the weights that are kept
    scaler: dict[str, int | float] | None = None  # of the losses in fp16
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """Data for JSON, with every setting of the recipe and without what is not known."""
        # msgspec.to_builtins would leave out defaults of a recipe that msgspec has read.
        return {name: value for name, value in asdict(self).items() if value is not None}


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
        raise _damaged(path) from error


def _damaged(path: Path) -> DataError:
    return DataError(f"The checkpoint {path} is damaged: delete the run folder to start afresh.")


def save_checkpoint(
    path: Path, modules: dict[str, nn.Module], optimizer: Optimizer, state: RunState
) -> None:
    """Save modules by name, the optimiser and the run's state as one file."""
    tensors = {
        f"{prefix}.{name}": tensor
        for prefix, module in modules.items()
        for name, tensor in module.state_dict().items()
    }
    for index, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    save_tensors(path, tensors, state.plain())


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], RunState]:
    """The tensors and the state that `save_checkpoint` wrote.

    What an earlier version kept and this one does not know is left out.
    """
    tensors, values = read_tensors(path)
    try:
        return tensors, msgspec.convert(values, RunState)
    except msgspec.ValidationError as error:
        raise _damaged(path) from error


def restore_modules(tensors: dict[str, Tensor], modules: dict[str, nn.Module]) -> None:
    """Put a checkpoint's tensors back into the modules that `save_checkpoint` took them from."""
    for prefix, module in modules.items():
        start = f"{prefix}."
        weights = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
        try:
            module.load_state_dict(weights)
        except RuntimeError as error:
            raise DataError(
                "The checkpoint belongs to another network: use a new --out."
            ) from error


def restore_optimizer(tensors: dict[str, Tensor], optimizer: Optimizer) -> None:
    """Put a checkpoint's optimiser state back."""
    state: dict[int, dict[str, Tensor]] = {}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".")
            # In the parameter's memory layout, or the arithmetic would differ in its last bits.
            like = parameters[int(index)]
            value = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
            state.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
