"""A recipe: everything that decides how a run goes, read from a TOML file and saved with the run.

A run is a list of stages. Each trains the same network, at its own input size, with its own
optimiser and schedule; the first stages can be cheap (the backbone alone on small faces).
"""

import re
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from fer.errors import DataError, ModelError, full_stop
from fer.labels import SEVEN, LabelSet, declared
from fer.models.config import TrainingData
from fer.networks.names import ANY, ARCHITECTURES, CONVNEXT, DDAMFN, is_timms

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EPOCHS = 10_000  # of a stage, at most: what is drawn in one is numbered so (`train.data.batches`)
LARGEST = 1e38  # of a single-precision number, nearly; TOML knows infinity too
Positive = Annotated[int, msgspec.Meta(ge=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=LARGEST)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]  # probabilities too
Name = Annotated[str, msgspec.Meta(min_length=1)]
ShareBelow1 = Annotated[float, msgspec.Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Stage:
    """One stage of a run."""

    name: Name
    network: Literal["backbone", "whole"]  # DDAMFN's backbone with average pooling, or everything
    size: Positive  # side of the square input, pixels; left out, the size of its own
    epochs: Annotated[int, msgspec.Meta(ge=1, le=EPOCHS)]
    batch: Positive
    lr: Annotated[float, msgspec.Meta(gt=0, le=LARGEST)]  # the highest learning rate
    # The share of it that all but the classifier get, where they know faces already.
    body_lr: Share = 1.0
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    weight_decay: Amount = 0.05
    schedule: Literal["one-cycle", "step", "exponential"] = "one-cycle"
    faces: Count = 0  # drawn in an epoch; 0 means as many as there are
    sam_rho: Amount = 0.0  # radius of sharpness-aware minimisation; 0 turns it off
    validate_every: Positive = 1  # epochs


@dataclass(frozen=True)
class Augmentation:
    """Random changes to a training face; upstream's are the defaults."""

    jitter: Share = 0.2  # probability of a small rotation, zoom and shift
    rotation: Annotated[float, msgspec.Meta(ge=0, le=180)] = 5.0  # degrees, either way
    zoom: ShareBelow1 = 0.0  # largest change of scale, as a fraction
    shift: Share = 8 / 112  # largest shift, as a fraction of the side
    brightness: Amount = 0.0  # largest change of brightness and contrast, as a fraction
    erase: Share = 0.5  # probability of erasing a rectangle of 2 to 25 % of the area
    shrink: Share = 0.0  # probability of being as coarse as a face of 20 to 48 pixels a side
    jpeg: Share = 0.0  # probability of being compressed, as photos are
    recut: Share = 0.0  # probability of being cut out anew, as the app does it


@dataclass(frozen=True)
class Recipe:
    """A whole run."""

    name: Name
    training_data: TrainingData  # for config.json and the card
    stages: Annotated[tuple[Stage, ...], msgspec.Meta(min_length=1)]
    architecture: str = DDAMFN  # or any image classifier of timm by its name
    pretrained: bool = False  # start from timm's weights
    start: str = ""  # model folder, or file of dlib's network, to start from; "" means from scratch
    # Labels of one's own, each with the level of five on which it lies, or names alone, without
    # scales; none mean the seven emotions.
    labels: dict[str, str] | tuple[str, ...] = ()
    augmentation: Augmentation = Augmentation()
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    # auto: bf16 where it is quick, else fp16 on a GPU, whose losses are scaled, or else fp32.
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "fp32"
    compile: bool = False  # torch.compile, where it can: minutes to start, then faster steps
    # How rare emotions are made up for, and how much: 0 not at all, 1 as if all were equally many.
    imbalance: Literal["sampler", "class-balanced", "logit-adjusted"] = "sampler"
    balance: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.0
    # Decay of the moving average of the weights that is judged; 0 turns it off.
    ema: ShareBelow1 = 0.0
    logit_adjustment: bool = False  # after training, shift the logits as validation likes best
    mirror: bool = False  # the finished model answers for the mean of a face and its mirror image
    # Model folders whose answers are learnt too, and their share in what is learnt.
    teachers: tuple[str, ...] = ()
    teaching: Share = 0.5
    alikeness: Amount = 0.0  # weight of learning which faces the first teacher finds alike
    soft_labels: bool = True  # train on the raters' votes where the data has them
    label_smoothing: Share = 0.0
    mixup: Amount = 0.0  # alpha of the distribution of blends of two faces; 0 blends none
    diversity: Amount = 0.1  # weight of DDAMFN's attention-diversity loss
    checkpoint_minutes: Amount = 5.0  # at most so much is lost when a run is killed

    @property
    def label_set(self) -> LabelSet:
        """What the network learns to answer with."""
        return declared(self.labels) if self.labels else SEVEN

    def until(self, stage: int) -> "Recipe":
        """What decided a run up to a stage: no stage after it, nothing that follows training, no
        words about the faces, which are known by their digest, and not how often it is saved."""
        return replace(
            self,
            stages=self.stages[: stage + 1],
            training_data=TrainingData("", ""),
            logit_adjustment=False,
            mirror=False,
            checkpoint_minutes=0.0,
        )


CHOICES = {
    name: get_args(kind)
    for record in (Recipe, Stage)
    for name, kind in get_type_hints(record).items()
    if get_origin(kind) is Literal
}


def load_recipe(path: str | Path, overrides: list[str] | None = None) -> Recipe:
    """Read a TOML recipe; each override is `key=value` with dots, such as `stages.0.epochs=2`.

    Raises `DataError` when it cannot be read, lacks a setting, or has one that is not known or
    that cannot be.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"The recipe {path} cannot be read: {full_stop(error)}") from error
    for override in overrides or []:
        _override(values, override)
    _fill_in_sizes(values)
    try:
        recipe = msgspec.convert(values, Recipe)
    except msgspec.ValidationError as error:
        raise DataError(_sentence(str(error))) from error
    _require_network(recipe.architecture)
    try:
        assert recipe.label_set
    except ValueError as error:
        raise DataError(f"The recipe's labels {error}.") from error
    _refuse_unknown(values, asdict(recipe))
    _refuse_contradictions(recipe)
    return recipe


def _override(values: Any, override: str) -> None:
    key, _, text = override.partition("=")
    *parents, last = key.split(".")
    try:
        for parent in parents:
            values = (
                values[int(parent)] if isinstance(values, list) else values.setdefault(parent, {})
            )
        values[int(last) if isinstance(values, list) else last] = tomllib.loads(f"x={text}")["x"]
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"Cannot set {override!r}: write it like stages.0.epochs=2, or architecture='ddamfn'."
        ) from error


def _fill_in_sizes(values: dict[str, Any]) -> None:
    """Give stages that name no size the network's own."""
    stages, architecture = values.get("stages"), values.get("architecture", DDAMFN)
    if not isinstance(stages, list) or not isinstance(architecture, str):
        return  # which is said later
    for stage in stages:
        if isinstance(stage, dict) and "size" not in stage:
            from fer.networks.registry import own_size

            _require_network(architecture)
            stage["size"] = own_size(architecture)


def _require_network(architecture: str) -> None:
    """Raise `DataError` where neither this project nor timm has a network of that name."""
    if architecture in ARCHITECTURES:
        return
    from fer.networks.registry import timms

    try:
        timms().metadata(architecture)
    except ModelError as error:
        raise DataError(f"The recipe's architecture must be one of {ANY}; {error}") from error


def _refuse_unknown(given: Any, known: Any) -> None:
    """Compare the names in a file with those of the recipe that was made of it."""
    if isinstance(given, list):
        for pair in zip(given, known, strict=True):
            _refuse_unknown(*pair)
    elif isinstance(given, dict):
        for name, value in given.items():
            if name not in known:
                names = ", ".join(known)
                raise DataError(f"The recipe has no setting {name!r}; it knows {names}.")
            _refuse_unknown(value, known[name])


def _refuse_contradictions(recipe: Recipe) -> None:
    """Settings that are possible, but not together."""
    names = [stage.name for stage in recipe.stages]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"Two stages of the recipe are called {name}: rename one.")
    if recipe.pretrained and not _has_weights(recipe.architecture):
        raise DataError(
            f"timm has no weights of a {recipe.architecture}: leave out pretrained, or choose one "
            f"of {', '.join(CONVNEXT)}, or another network of timm that has some."
        )
    if recipe.alikeness and not recipe.teachers:
        raise DataError("The recipe has alikeness without teachers: name one, or leave it out.")
    if recipe.pretrained and recipe.start:
        raise DataError("The recipe has both pretrained and start: leave out one.")


def _has_weights(architecture: str) -> bool:
    """Whether timm has weights of a network to start from."""
    if not is_timms(architecture):
        return False
    from fer.networks.registry import timms

    return timms().has_weights(architecture)


def _sentence(error: str) -> str:
    """What msgspec finds wrong with a recipe, for whoever writes one."""
    said, _, place = error.partition(" - at `$")
    place = re.sub(r"\[(\d+)\]", r".\1", place).strip(".`")
    missing = re.search(r"required field `(\w+)`", said)
    if missing:
        return f"The recipe lacks {f'{place}.{missing[1]}'.strip('.')}: add it."
    choices = CHOICES.get(place.rpartition(".")[2])
    must_be = f"one of {', '.join(choices)}" if choices else said.removeprefix("Expected ")
    return f"The recipe's {place} must be {must_be.replace('`', '')}."
