"""A saved model, opened once: a folder here or, from the Hub, of one exact commit.

Everything that a card, an evaluation, the app or a publication asks of a model comes from the
`ModelFolder` that `open_model` returns; the values of its weights are read later, by `fer.load`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fer.errors import ModelError
from fer.labels import LabelSet
from fer.models.config import (
    CONFIG,
    WEIGHTS_FILE,
    EnsembleConfig,
    NetworkConfig,
    config_digest,
    read_config,
    weights_name,
)
from fer.models.files import sha256
from fer.models.hub import PINNED, Location, locate
from fer.models.records import (
    TRAINING,
    Metrics,
    TrainingRecord,
    read_metrics,
    read_training,
    training_digest,
)

CARD = "README.md"


@dataclass(frozen=True, eq=False)
class ModelFolder(Location):
    """What a single network and an ensemble have in common."""

    config: NetworkConfig | EnsembleConfig

    @property
    def networks(self) -> "tuple[NetworkFolder, ...]":
        """The networks that answer: the model itself, or an ensemble's members."""
        raise NotImplementedError

    @property
    def weights_path(self) -> Path:
        """The file whose SHA-256 the configuration records: of a network, or of a stacker."""
        return self.path / weights_name(self.config)

    @property
    def card(self) -> Path:
        """The model card, which need not exist."""
        return self.path / CARD

    @cached_property
    def metrics(self) -> Metrics:
        """Figures by split, as they were when first asked for; empty where it was never judged."""
        return read_metrics(self.path)

    def weights(self) -> dict[str, str]:
        """The SHA-256 of every weights file here that answers, by its path relative to the folder.

        Raises `ModelError` when one is missing.
        """
        try:
            return {name: sha256(self.path / name) for name in self._weights_files()}
        except FileNotFoundError as error:
            raise ModelError(
                f"{self.path} lacks {error.filename}: copy the whole folder."
            ) from error

    def records(self) -> dict[str, str]:
        """The SHA-256 of what is on record here besides figures, by the file's path likewise.

        Raises `ModelError` when it cannot be read.
        """
        return {CONFIG: config_digest(self.path)}

    def _weights_files(self) -> list[str]:
        return [weights_name(self.config)]


@dataclass(frozen=True, eq=False)
class NetworkFolder(ModelFolder):
    """A single network."""

    config: NetworkConfig

    @property
    def networks(self) -> "tuple[NetworkFolder, ...]":
        return (self,)

    @cached_property
    def training(self) -> TrainingRecord:
        """How the weights came to be, as far as it is on record."""
        return read_training(self.path)

    def records(self) -> dict[str, str]:
        training = training_digest(self.path)
        return super().records() | ({TRAINING: training} if training else {})


@dataclass(frozen=True, eq=False)
class EnsembleFolder(ModelFolder):
    """Several networks, and the stacker that makes one answer of theirs."""

    config: EnsembleConfig
    members: tuple[NetworkFolder, ...]

    @property
    def networks(self) -> tuple[NetworkFolder, ...]:
        return self.members

    def records(self) -> dict[str, str]:
        # How a member was trained is its own card's affair.
        return super().records() | {
            f"{name}/{CONFIG}": config_digest(self.path / name) for name in self._members_here()
        }

    def _weights_files(self) -> list[str]:
        return [
            *super()._weights_files(),
            *(f"{name}/{WEIGHTS_FILE}" for name in self._members_here()),
        ]

    def _members_here(self) -> list[str]:
        # A member on the Hub is named by its commit, which says all of it.
        return [name for name in self.config.members if not PINNED.fullmatch(name)]


def open_model(model: str | Path, revision: str | None = None) -> NetworkFolder | EnsembleFolder:
    """Open a model or an ensemble: a folder, "ensemble" or "fast" of those that are bundled, or the
    id of a repository on the Hub.

    A folder that exists comes before a repository of the same name; a `Path` is always a folder.
    `"me/ddamfn@v1"` is short for `open_model("me/ddamfn", revision="v1")`.

    Raises `ModelError` when it cannot be used, `HubUnreachable` when it cannot be had now.
    """
    location = locate(model, revision)
    with location.naming_the_commit():
        config = read_config(location.path)
        where = (location.path, location.name, location.commit)
        if isinstance(config, NetworkConfig):
            return NetworkFolder(*where, config)
        members = tuple(_open_member(location, member) for member in config.members)
        for member in members:
            require_same_labels(member, config.label_set)
        return EnsembleFolder(*where, config, members)


def open_network(model: str | Path, revision: str | None = None) -> NetworkFolder:
    """The same for a single network; raises `ModelError` for an ensemble."""
    location = locate(model, revision)
    with location.naming_the_commit():
        config = read_config(location.path)
    if not isinstance(config, NetworkConfig):
        raise ModelError(f"{model} is an ensemble, not a single network: name one of its members.")
    return NetworkFolder(location.path, location.name, location.commit, config)


def require_same_labels(model: ModelFolder, labels: LabelSet) -> None:
    """Raise `ModelError` for a model that answers with other labels."""
    if model.config.label_set != labels:
        own, other = (", ".join(one.names) for one in (model.config.label_set, labels))
        raise ModelError(
            f"{model.name} answers with {own}, on levels of its own, where others do with {other}: "
            "models that work together need the same labels on the same levels."
        )


def model_of_run(run: Path) -> Path:
    """The model folder of a run's folder; any other folder is taken for the model's own."""
    return run / "model" if (run / "model" / CONFIG).is_file() else run


def _open_member(ensemble: Location, member: str) -> NetworkFolder:
    """Open what an ensemble's configuration names: a folder beside it, or `repo@commit`."""
    if PINNED.fullmatch(member):
        return open_network(member)
    if ensemble.commit:
        raise ModelError(
            f"the ensemble names its member {member!r} without a full commit (repo@commit): "
            "fit it again on members from the Hub."
        )
    return open_network(ensemble.path / member)
