"""Image classifiers that timm or transformers saved into a folder; none of them runs its own code.

A folder of either has `config.json` and `model.safetensors`; of pickled weights nothing is read.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file

from fer.errors import ModelError

WEIGHTS = "model.safetensors"
SETTINGS = (
    "config.json",
    "preprocessor_config.json",
)  # by which a folder answers; not all have both


@dataclass(frozen=True)
class ImageClassifier:
    """A model that answers pictures with the probabilities of its labels."""

    library: str  # "timm" or "transformers"
    architecture: str
    licence: str  # as the model's own configuration states it, or "unknown"
    labels: list[str]  # empty where the model does not say them
    predict: Callable[[Sequence[Image.Image]], torch.Tensor]  # RGB pictures to N×K


def load_classifier(folder: Path) -> ImageClassifier:
    """The model of a folder; raises `ModelError` where it is of neither library or damaged."""
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no config.json, so it is no model of timm or transformers.")
    if not (folder / WEIGHTS).is_file():
        raise ModelError(f"{folder} has no {WEIGHTS}: save the weights as safetensors.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        kinds = config.get("architectures") or [""]
        if "format" in config:
            raise ModelError(
                f"{folder} is a model of this project: python -m train.evaluate judges it, and "
                "python -m model_cards makes its card, without --data."
            )
        if "architecture" in config:
            return _of_timm(folder, config)
        if str(kinds[0]).endswith("ForImageClassification"):
            return _of_transformers(folder, config)
    except ModelError:
        raise
    except Exception as error:  # the libraries raise nearly every type on a damaged folder
        said = str(error).strip().split("\n")[0]
        raise ModelError(f"The model in {folder} cannot be loaded: {said}") from error
    raise ModelError(f"{path} names no image classifier of timm or transformers.")


def stated(config: dict[str, Any]) -> tuple[str, str, str]:
    """Library, architecture and licence of a model, as its configuration states them."""
    if "architecture" not in config:
        return "transformers", config["architectures"][0], "unknown"
    licence = (config.get("pretrained_cfg") or {}).get("license")
    return "timm", config["architecture"], str(licence or "unknown")


def settings_digest(folder: Path) -> str:
    """SHA-256 of what a folder says of how pictures are fed and answers are called."""
    files = [folder / name for name in SETTINGS if (folder / name).is_file()]
    return hashlib.sha256(
        repr([(one.name, one.read_bytes()) for one in files]).encode()
    ).hexdigest()


def _of_timm(folder: Path, config: dict[str, Any]) -> ImageClassifier:
    import timm

    own = config.get("pretrained_cfg") or {}
    classes = config.get("num_classes") or own.get("num_classes")
    own_arguments = {**(config.get("model_args") or {}), "num_classes": classes}
    network = timm.create_model(config["architecture"], **own_arguments)
    network.load_state_dict(load_file(folder / WEIGHTS))
    settings = timm.data.resolve_data_config({}, pretrained_cfg=own, model=network)
    transform = timm.data.create_transform(**settings, is_training=False)
    network.eval()

    def predict(pictures: Sequence[Image.Image]) -> torch.Tensor:
        with torch.inference_mode():
            return network(torch.stack([transform(one) for one in pictures])).softmax(dim=1)

    labels = config.get("label_names") or own.get("label_names") or []
    return ImageClassifier(*stated(config), _names(labels), predict)


def _of_transformers(folder: Path, config: dict[str, Any]) -> ImageClassifier:
    try:
        from transformers import AutoImageProcessor, AutoModelForImageClassification
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{folder} is a model of transformers: run pip install transformers first."
        ) from error

    here = {"local_files_only": True, "trust_remote_code": False}
    network = AutoModelForImageClassification.from_pretrained(folder, use_safetensors=True, **here)
    processor = AutoImageProcessor.from_pretrained(folder, **here)
    network.eval()

    def predict(pictures: Sequence[Image.Image]) -> torch.Tensor:
        with torch.inference_mode():
            inputs = processor(images=list(pictures), return_tensors="pt")
            return network(**inputs).logits.softmax(dim=1)

    named = {int(number): name for number, name in (config.get("id2label") or {}).items()}
    labels = _names([named[number] for number in sorted(named)])
    known = [] if all(name.startswith("LABEL_") for name in labels) else labels
    return ImageClassifier(*stated(config), known, predict)


def _names(labels: Iterable[object]) -> list[str]:
    """Labels as texts of one line."""
    return [" ".join(str(label).split()) for label in labels]
