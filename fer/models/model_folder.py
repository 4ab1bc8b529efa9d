"""A model folder: `config.json` and `model.safetensors`, the one format on disk and on the Hub."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from fer.errors import ModelError
from fer.labels import EMOTIONS
from fer.networks import ARCHITECTURES, CONVNEXT, build
from fer.version import __version__

FORMAT = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
OTHERS = ("num_classes", "pretrained_cfg")  # for timm and huggingface_hub, of no use to us


@dataclass(frozen=True)
class ModelConfig:
    """What `config.json` says: how to build the network and how to feed it."""

    architecture: str
    input_size: int  # side of the square crop, pixels
    mean: tuple[float, ...]  # per RGB channel, of values in [0, 1]
    std: tuple[float, ...]
    frame: tuple[tuple[float, float], ...]  # of the five landmarks, fractions of the crop's side
    grey: bool  # whether crops lose their colour, because all training faces were grey
    temperature: float  # logits are divided by it before the softmax
    training_data: dict[str, str]  # name, licence
    recipe: str
    mirror: bool = False  # whether the answer is the mean over a face and its mirror image
    labels: tuple[str, ...] = EMOTIONS
    outputs: tuple[str, ...] = EMOTIONS  # the emotion that each output of the network counts for
    sha256: str = ""  # of the weights file
    library_version: str = __version__
    format: int = FORMAT


def save_model(
    folder: str | Path,
    network: nn.Module,
    config: ModelConfig,
    parameters: torch.dtype = torch.float16,
) -> None:
    """Write the folder: parameters in a precision of choice, batch statistics as they are."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = {name for name, _ in network.named_parameters()}
    tensors = {
        name: (tensor.to(parameters) if name in names else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    write_config(folder, replace(config, sha256=sha256(folder / WEIGHTS)))


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write `config.json` such that timm alone can read a ConvNeXt-V2 folder too."""
    values = asdict(config) | {"num_classes": len(config.outputs)}
    if config.architecture in CONVNEXT:
        size = config.input_size
        values["pretrained_cfg"] = {
            "input_size": (3, size, size),
            "mean": config.mean,
            "std": config.std,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "label_names": config.outputs,
        }
    write_json(folder / CONFIG, values)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_sha256(path: Path, recorded: str) -> None:
    """Raise `ModelError` when a file is not the one whose SHA-256 is recorded.

    Folders written before it was recorded have none; what comes from the Hub always needs one.
    """
    if recorded and path.is_file() and sha256(path) != recorded:
        raise ModelError(
            f"{path.name} in {path.parent} is damaged or was changed, for its SHA-256 is not the "
            f"one in {CONFIG}: copy or download it again."
        )


def load_model(folder: str | Path) -> tuple[nn.Module, ModelConfig]:
    """Read a folder into a float32 network in evaluation mode and its configuration.

    Raises `ModelError` when the folder, its configuration or its weights cannot be used.
    """
    folder = Path(folder)
    config = read_config(folder)
    check_sha256(folder / WEIGHTS, config.sha256)
    network = build(config.architecture, len(config.outputs))
    try:
        tensors = load_file(folder / WEIGHTS)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} has no {WEIGHTS}: copy the whole model folder.") from error
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{WEIGHTS} in {folder} is damaged or incomplete: copy or download it again."
        ) from error
    _check_tensors(tensors, network, folder)
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False), config


def name_of(folder: str | Path) -> str:
    """What a model is called: its folder's name, or that of its run, which keeps it in `model`."""
    folder = Path(folder).resolve()
    return folder.parent.name if folder.name == "model" else folder.name


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write plain data as people like to read it."""
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def read_json(folder: str | Path) -> dict[str, Any]:
    """The content of `config.json`; raises `ModelError` when it cannot be read or is too new."""
    path = Path(folder) / CONFIG
    if not Path(folder).is_dir():
        raise ModelError(f"There is no model folder {folder}: check the path.")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"{folder} has no {CONFIG}, so it is not a model folder.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not valid JSON: copy or download it again.") from error
    if not isinstance(values, dict) or "format" not in values:
        raise ModelError(f"{path} lacks or misnames a setting (format).")
    if values["format"] != FORMAT:
        raise ModelError(
            f"{path} has format {values['format']}, this version reads {FORMAT}: "
            "update the library."
        )
    if values.get("labels") != list(EMOTIONS):
        raise ModelError(f"The labels in {path} must be {', '.join(EMOTIONS)}, in this order.")
    return values


def read_config(folder: str | Path) -> ModelConfig:
    """Read and check `config.json`; raises `ModelError` with what is wrong with it."""
    path = Path(folder) / CONFIG
    values = {name: value for name, value in read_json(folder).items() if name not in OTHERS}
    try:
        sequences = {name: tuple(values[name]) for name in ("labels", "mean", "std", "frame")}
        sequences["outputs"] = tuple(values.get("outputs", EMOTIONS))
        config = ModelConfig(**{**values, **sequences})
        numbers = [config.temperature, *config.mean, *config.std]
        numbers += [value for point in config.frame for value in point]
        fits = (
            all(isinstance(number, int | float) and abs(number) < math.inf for number in numbers)
            and min(config.temperature, *config.std) > 0
            and len(config.mean) == len(config.std) == 3
            and [len(point) for point in config.frame] == [2] * 5
            and isinstance(config.input_size, int)
            and config.input_size > 0
            and isinstance(config.grey, bool)
            and isinstance(config.mirror, bool)
            and config.outputs[: len(EMOTIONS)] == EMOTIONS
            and set(config.outputs) == set(EMOTIONS)
        )
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(f"{path} lacks or misnames a setting ({error}).") from error
    if config.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ModelError(f"{path} names the network {config.architecture!r}; known: {known}.")
    if not fits:
        raise ModelError(
            f"{path} holds a temperature, mean, std, frame, size or output that cannot be."
        )
    return config


def _check_tensors(tensors: dict[str, torch.Tensor], network: nn.Module, folder: Path) -> None:
    expected = {name: _kind(tensor) for name, tensor in network.state_dict().items()}
    found = {name: _kind(tensor) for name, tensor in tensors.items()}
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise ModelError(
                f"{WEIGHTS} in {folder} does not fit the network: {name} is "
                f"{found.get(name, 'missing')}, expected {expected.get(name, 'none')}."
            )
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ModelError(f"{WEIGHTS} in {folder} holds values that are not finite: train again.")


def _kind(tensor: torch.Tensor) -> str:
    """What has to agree: the shape, and whether the values are fractions, in any precision."""
    return f"{tuple(tensor.shape)} {'float' if tensor.is_floating_point() else tensor.dtype}"
