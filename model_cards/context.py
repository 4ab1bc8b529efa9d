"""What the template is given: everything that `templates/card.md` says of one model."""

from dataclasses import dataclass

from fer.labels import LEVELS_5, SEVEN
from fer.models.model_folder import EnsembleFolder, ModelFolder, NetworkFolder
from fer.models.records import Metrics
from model_cards import formatting
from model_cards.carbon import Emissions, emissions
from model_cards.figures import checked_metrics
from model_cards.licences import (
    Licence,
    began_with_imagenet,
    licence_of,
    training_data,
    weights_of_timm,
)
from model_cards.references import (
    PublishedResult,
    citations,
    network_name,
    published,
    published_names,
)


@dataclass(frozen=True)
class NetworkContext:
    """What a card says of a single network only."""

    kind: str  # as people write its architecture
    input_size: int
    temperature: float
    mirror: bool
    recipe: str
    start: str
    teachers: list[str]  # their recipes
    stages: list[str]  # empty where its training is not on record
    shift: float | None
    hardware: str | None
    start_hours: str | None  # of the model that it started from


@dataclass(frozen=True)
class CardContext:
    """All that a card says."""

    name: str
    place: str  # what `fer.load` takes
    network: NetworkContext | None  # None for an ensemble
    members: list[str]  # of an ensemble
    stacked_on: str | None  # what the stacker sees of the members
    architectures: list[str]
    size_mb: str
    grey: bool
    hours: str | None  # of training
    emissions: Emissions | None
    splits: Metrics
    labels: list[str]
    levels: dict[str, tuple[str, ...]]  # and their labels; empty without scales
    seven: bool  # whether the labels are the seven emotions
    headline: str
    limits: list[str]
    plots: dict[str, list[formatting.Plot]]  # by split
    published: list[PublishedResult]
    training_data: list[str]
    imagenet: list[str]  # architectures that began with ImageNet weights of timm, unnamed
    weights: list[str]  # of timm that others began with
    licence: Licence
    citations: list[str]


def card_context(folder: ModelFolder, name: str | None = None) -> CardContext:
    """What to say of a model, called as its folder is, if not by `name`.

    Raises `ModelError` when its figures cannot be relied on or its training record is damaged.
    """
    name = name or folder.name
    splits = checked_metrics(folder)
    networks, labels = folder.networks, folder.config.label_set
    members = networks if isinstance(folder, EnsembleFolder) else ()
    architectures = [network.config.architecture for network in networks]
    data = [one for network in networks for one in training_data(network)]
    known = published_names(data)
    grey = all(network.config.grey for network in networks)
    seconds = [network.training.seconds for network in networks]
    taught = any(network.training.taught_by for network in networks)
    methods = [*(["stacking"] if members else []), *(["distillation"] if taught else [])]
    return CardContext(
        name=name,
        # Its repository on the Hub, or where a clone of the project has it.
        place=name if "/" in name else f"fer/weights/{name}",
        network=None if members else _network_context(networks[0]),
        members=[f"{one.name} ({network_name(one.config.architecture)})" for one in members],
        stacked_on=folder.config.features if isinstance(folder, EnsembleFolder) else None,
        architectures=architectures,
        size_mb=formatting.megabytes(network.weights_path for network in networks),
        grey=grey,
        hours=formatting.hours([*seconds, *_seconds_before(members)]),
        emissions=emissions(networks),
        splits=splits,
        labels=list(labels.names),
        levels=LEVELS_5 if labels == SEVEN else labels.of_levels,
        seven=labels == SEVEN,
        headline=formatting.headline(splits),
        limits=formatting.limits(splits, grey, bool(known)),
        plots={split: formatting.plots(split, figures) for split, figures in splits.items()},
        published=published(splits),
        training_data=list({one.name: f"{one.name}. {one.licence}" for one in data}.values()),
        imagenet=[one.config.architecture for one in networks if began_with_imagenet(one)],
        weights=[name for one in networks for name in weights_of_timm(one)],
        licence=licence_of(*networks),
        citations=citations([*architectures, *methods, *known]),
    )


def _network_context(folder: NetworkFolder) -> NetworkContext:
    config, training = folder.config, folder.training
    stages = training.recipe.stages if training.recipe else ()
    earlier = training.started_from
    return NetworkContext(
        kind=network_name(config.architecture),
        input_size=config.input_size,
        temperature=config.temperature,
        mirror=config.mirror,
        recipe=config.recipe,
        start=formatting.start(config.architecture, training),
        teachers=[one.recipe or "not on record" for one in training.taught_by],
        stages=[formatting.stage_sentence(stage) for stage in stages],
        shift=training.shift,
        hardware=training.hardware,
        start_hours=formatting.hours([earlier.seconds]) if earlier else None,
    )


def _seconds_before(members: tuple[NetworkFolder, ...]) -> list[float | None]:
    """How long those models of ours were trained that an ensemble's members started from."""
    starts = [member.training.started_from for member in members]
    return [start.seconds for start in starts if start and start.recipe]
