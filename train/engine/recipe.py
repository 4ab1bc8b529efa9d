"""A recipe: everything that decides how a run goes, read from a TOML file and saved with the run.

A run is a list of stages. Each trains the same network, at its own input size, with its own
optimiser and schedule; the first stages can be cheap (the backbone alone on small faces).
"""

import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from fer.errors import DataError
from fer.networks.registry import ARCHITECTURES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Stage:
    """One stage of a run."""

    name: str
    network: Literal["backbone", "whole"]  # DDAMFN's backbone with average pooling, or everything
    size: int  # side of the square input, pixels
    epochs: int
    batch: int
    lr: float  # the highest learning rate
    body_lr: float = (
        1.0  # share of it that all but the classifier get, when they know faces already
    )
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    weight_decay: float = 0.05
    schedule: Literal["one-cycle", "step", "exponential"] = "one-cycle"
    faces: int = 0  # drawn in an epoch; 0 means as many as there are
    sam_rho: float = 0.0  # radius of sharpness-aware minimisation; 0 turns it off
    validate_every: int = 1  # epochs


@dataclass(frozen=True)
class Augmentation:
    """Random changes to a training face; upstream's are the defaults."""

    jitter: float = 0.2  # probability of a small rotation, zoom and shift
    rotation: float = 5.0  # degrees, either way
    zoom: float = 0.0  # largest change of scale, as a fraction
    shift: float = 8 / 112  # largest shift, as a fraction of the side
    brightness: float = 0.0  # largest change of brightness and contrast, as a fraction
    erase: float = 0.5  # probability of erasing a rectangle of 2 to 25 % of the area


@dataclass(frozen=True)
class Recipe:
    """A whole run."""

    name: str
    training_data: dict[str, str]  # name and licence, for config.json and the card
    stages: tuple[Stage, ...]
    architecture: str = "ddamfn"
    pretrained: bool = False  # start from timm's ImageNet weights
    start: str = ""  # model folder, or file of dlib's network, to start from; "" means from scratch
    augmentation: Augmentation = Augmentation()
    seed: int = 0
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False  # torch.compile: minutes to start, then faster steps
    # How rare emotions are made up for, and how much: 0 not at all, 1 as if all were equally many.
    imbalance: Literal["sampler", "class-balanced", "logit-adjusted"] = "sampler"
    balance: float = 0.0
    ema: float = 0.0  # decay of the moving average of the weights that is judged; 0 turns it off
    adjust: bool = False  # after training, shift the logits as validation likes best
    mirror: bool = False  # the finished model answers for the mean of a face and its mirror image
    soft_labels: bool = True  # train on the raters' votes where the data has them
    label_smoothing: float = 0.0
    mixup: float = 0.0  # alpha of the distribution of blends of two faces; 0 blends none
    diversity: float = 0.1  # weight of DDAMFN's attention-diversity loss
    checkpoint_every: int = 50  # steps

    def until(self, stage: int) -> "Recipe":
        """What decided a run up to a stage: no stage after it, nothing that follows training."""
        return replace(self, stages=self.stages[: stage + 1], adjust=False, mirror=False)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain data, which `from_dict` reads back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Recipe":
        """Build a recipe, refusing unknown names with a sentence that lists the known ones."""
        values = dict(values)
        stages = tuple(_build(Stage, stage) for stage in values.pop("stages", ()))
        if not stages:
            raise DataError("The recipe has no [[stages]]: name at least one.")
        augmentation = _build(Augmentation, values.pop("augmentation", {}))
        recipe = _build(cls, {**values, "stages": stages, "augmentation": augmentation})
        if recipe.architecture not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise DataError(
                f"The recipe names the network {recipe.architecture!r}; known: {known}."
            )
        return recipe


def load_recipe(path: str | Path, overrides: list[str] | None = None) -> Recipe:
    """Read a TOML recipe; each override is `key=value` with dots, such as `stages.0.epochs=2`."""
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        for override in overrides or []:
            _override(values, override)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"The recipe {path} cannot be read: {error}.") from error
    return Recipe.from_dict(values)


def _override(values: Any, override: str) -> None:
    key, _, text = override.partition("=")
    *parents, last = key.split(".")
    try:
        for parent in parents:
            values = (
                values[int(parent)] if isinstance(values, list) else values.setdefault(parent, {})
            )
        values[int(last) if isinstance(values, list) else last] = tomllib.loads(f"x={text}")["x"]
    except (LookupError, ValueError, TypeError) as error:
        raise DataError(f"Cannot set {override!r}: write it like stages.0.epochs=2.") from error


def _build(kind: Any, values: dict[str, Any]) -> Any:
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise DataError(f"The recipe has no setting {unknown[0]!r}; it knows {', '.join(known)}.")
    try:
        return kind(**values)
    except TypeError as error:
        raise DataError(f"The recipe is incomplete: {error}.") from error
