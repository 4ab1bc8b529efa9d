"""`config.json`: what a saved model is, how to build it and how to feed it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from fer.errors import ModelError
from fer.labels import EMOTIONS, SEVEN, LabelSet, declared
from fer.models.files import json_sha256, write_json
from fer.models.settings import (
    MOST_BYTES,
    OF_ENSEMBLES,
    OF_NETWORKS,
    check_outputs,
    check_settings,
)
from fer.networks.names import ANY, is_timms, may_be
from fer.version import __version__

FORMAT = 1
CONFIG = "config.json"
WEIGHTS_FILE = "model.safetensors"  # of a network
GRAPH_FILE = "model.onnx"  # the same network for engines that do without torch
STACKER_FILE = "stacker.safetensors"  # of an ensemble
ENSEMBLE = "ensemble"
FOR_OTHERS = ("num_classes", "pretrained_cfg")  # for timm and huggingface_hub, of no use to us


@dataclass(frozen=True)
class TrainingData:
    """What a network learnt from, and on what terms."""

    name: str
    licence: str  # in a sentence
    licence_id: str = ""  # as `model_cards.licences` knows it


@dataclass(frozen=True)
class Graph:
    """What `model.onnx` is, and which weights it belongs to, both by their SHA-256."""

    sha256: str
    weights_sha256: str


@dataclass(frozen=True)
class NetworkConfig:
    """What a single network's `config.json` says."""

    architecture: str
    input_size: int  # side of the square crop, pixels
    mean: tuple[float, ...]  # per RGB channel, of values in [0, 1]
    std: tuple[float, ...]
    frame: tuple[tuple[float, float], ...]  # of the five landmarks, fractions of the crop's side
    grey: bool  # whether crops lose their colour, because all training faces were grey
    temperature: float  # logits are divided by it before the softmax
    training_data: TrainingData
    recipe: str
    mirror: bool = False  # whether the answer is the mean over a face and its mirror image
    labels: tuple[str, ...] = EMOTIONS
    levels: tuple[str, ...] | None = None  # of labels of its own: see `LabelSet`
    outputs: tuple[str, ...] = EMOTIONS  # the label that each output of the network counts for
    sha256: str = ""  # of the weights file
    graph: Graph | None = None  # older folders have none
    library_version: str = __version__
    format: int = FORMAT

    @property
    def label_set(self) -> LabelSet:
        """The labels that it answers with."""
        return label_set(self.labels, self.levels)


# What a stacker sees of its members' probabilities.
StackerFeatures = Literal["log-probabilities", "probabilities"]


@dataclass(frozen=True)
class EnsembleConfig:
    """What an ensemble's `config.json` says."""

    members: tuple[str, ...]  # folders relative to the ensemble's, or `repo@commit` on the Hub
    recipe: str
    features: StackerFeatures = "probabilities"  # what older folders, which do not say so, take
    kind: str = ENSEMBLE
    labels: tuple[str, ...] = EMOTIONS
    levels: tuple[str, ...] | None = None
    sha256: str = ""  # of the stacker's coefficients
    library_version: str = __version__
    format: int = FORMAT

    @property
    def label_set(self) -> LabelSet:
        """The labels that it answers with."""
        return label_set(self.labels, self.levels)


def label_set(labels: tuple[str, ...], levels: tuple[str, ...] | None) -> LabelSet:
    """The labels of a configuration; the seven have the levels that all know."""
    return SEVEN if levels is None else LabelSet(labels, levels)


def recorded_levels(labels: LabelSet) -> tuple[str, ...] | None:
    """The levels that a configuration has of labels: see `label_set`."""
    return None if labels == SEVEN else labels.levels


def weights_name(config: NetworkConfig | EnsembleConfig) -> str:
    """The file that the recorded SHA-256 is of."""
    return WEIGHTS_FILE if isinstance(config, NetworkConfig) else STACKER_FILE


def write_config(folder: Path, config: NetworkConfig | EnsembleConfig) -> None:
    """Write `config.json` such that timm alone can read the folder of a network that it knows."""
    values: dict[str, Any] = asdict(config)
    if config.levels is None:
        del values["levels"]
    if isinstance(config, NetworkConfig):
        values["num_classes"] = len(config.outputs)
        if is_timms(config.architecture):
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


def read_config(folder: Path) -> NetworkConfig | EnsembleConfig:
    """Read and check `config.json`; raises `ModelError` with what is wrong with it."""
    values = _read_json(folder)
    if values.get("kind") == ENSEMBLE:
        return _ensemble_config(folder, values)
    return _network_config(folder, values)


def config_digest(folder: Path) -> str:
    """The SHA-256 of every setting but the graph's, which a folder may get later."""
    settings = _read_json(folder)
    return json_sha256({name: value for name, value in settings.items() if name != "graph"})


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {folder}: check the path.")
    if not path.is_file():
        raise ModelError(f"{folder} has no {CONFIG}, so it is not a model folder.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ModelError(f"{path} is too large to be a model's: copy or download it again.")
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is not valid JSON: copy or download it again.") from error
    if not isinstance(values, dict) or "format" not in values:
        raise ModelError(f"{path} lacks or misnames a setting (format).")
    if values["format"] != FORMAT:
        raise ModelError(
            f"{path} has format {values['format']!r}, this version reads {FORMAT}: "
            "update the library."
        )
    _check_labels(path, values.get("labels"), values.get("levels"))
    return values


def _check_labels(path: Path, labels: Any, levels: Any) -> None:
    if levels is None and labels != list(EMOTIONS):
        raise ModelError(
            f"The labels in {path} must be {', '.join(EMOTIONS)}, in this order, or have levels of "
            "their own."
        )
    if levels is None:
        return
    lists = isinstance(labels, list) and isinstance(levels, list)
    try:
        if not lists or len(levels) not in (0, len(labels)):
            raise ValueError("must be a list, and as many levels, or none")
        declared(dict(zip(labels, levels, strict=True)) if levels else labels)
    except (TypeError, ValueError) as error:  # a TypeError of what no dict can hold
        raise ModelError(f"The labels in {path} {error}: copy or download it again.") from error


def _network_config(folder: Path, values: dict[str, Any]) -> NetworkConfig:
    path = folder / CONFIG
    values = {name: value for name, value in values.items() if name not in FOR_OTHERS}
    try:
        sequences = {name: tuple(values[name]) for name in ("labels", "mean", "std", "frame")}
        sequences["outputs"] = tuple(values.get("outputs", EMOTIONS))
        sequences |= _levels(values)
        data = TrainingData(**values["training_data"])
        graph = Graph(**values["graph"]) if values.get("graph") else None
        config = NetworkConfig(**{**values, **sequences, "training_data": data, "graph": graph})
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(f"{path} lacks or misnames a setting ({error}).") from error
    if not may_be(config.architecture):
        raise ModelError(f"{path} names the network {config.architecture!r}; known: {ANY}.")
    check_settings(path, config, OF_NETWORKS)
    check_outputs(path, config.outputs, config.labels)
    return config


def _levels(values: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {"levels": tuple(values["levels"])} if values.get("levels") is not None else {}


def _ensemble_config(folder: Path, values: dict[str, Any]) -> EnsembleConfig:
    try:
        sequences = {name: tuple(values[name]) for name in ("labels", "members")} | _levels(values)
        config = EnsembleConfig(**{**values, **sequences})
    except (TypeError, KeyError) as error:
        raise ModelError(f"{CONFIG} in {folder} lacks or misnames a setting ({error}).") from error
    if config.features not in get_args(StackerFeatures):
        known = " or ".join(get_args(StackerFeatures))
        raise ModelError(f"The features in {CONFIG} of {folder} must be {known}: fit it again.")
    if not config.members:
        raise ModelError(f"{CONFIG} in {folder} names no members: fit the ensemble again.")
    check_settings(folder / CONFIG, config, OF_ENSEMBLES)
    return config
