"""Several models' probabilities into one answer: soft vote, or stacking (D. Wolpert, 1992)."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fer.errors import ModelError
from fer.labels import EMOTIONS
from fer.models.model_folder import (
    CONFIG,
    FORMAT,
    WEIGHTS,
    check_sha256,
    read_json,
    sha256,
    write_json,
)
from fer.version import __version__

KIND = "ensemble"
STACKER = "stacker.safetensors"

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Stacker:
    """Multinomial logistic regression on the members' concatenated probabilities."""

    coefficients: NDArray[np.float64]  # 7×7M, rows in the order of EMOTIONS
    intercept: NDArray[np.float64]  # 7

    def __call__(self, members: Probabilities) -> Probabilities:
        """M×N×7 probabilities of M members to N×7."""
        logits = features(members) @ self.coefficients.T + self.intercept
        return torch.from_numpy(logits).softmax(dim=1).float().numpy()


def features(members: Probabilities) -> Probabilities:
    """What the stacker sees: M×N×7 probabilities side by side, N×7M."""
    return np.concatenate(list(members), axis=1)


def soft_vote(members: Probabilities) -> Probabilities:
    """The mean of M members' probabilities M×N×7: N×7."""
    return np.mean(members, axis=0, dtype=np.float32)


@dataclass(frozen=True)
class EnsembleConfig:
    """What an ensemble's `config.json` says."""

    members: tuple[str, ...]  # folders relative to the ensemble's, or `repo@commit` on the Hub
    recipe: str
    kind: str = KIND
    labels: tuple[str, ...] = EMOTIONS
    sha256: str = ""  # of the stacker's coefficients
    library_version: str = __version__
    format: int = FORMAT


def is_ensemble(folder: Path) -> bool:
    """Whether a folder holds an ensemble; raises `ModelError` when it cannot be told."""
    return read_json(folder).get("kind") == KIND


def weights_file(folder: Path) -> str:
    """The file whose SHA-256 is in a folder's `config.json`: of a network, or of a stacker."""
    return STACKER if is_ensemble(folder) else WEIGHTS


def read_config(folder: Path) -> EnsembleConfig:
    """Read an ensemble's `config.json`; raises `ModelError` with what is wrong with it."""
    values = read_json(folder)
    try:
        config = EnsembleConfig(**{**values, "members": tuple(values["members"])})
    except (TypeError, KeyError) as error:
        raise ModelError(f"{CONFIG} in {folder} lacks or misnames a setting ({error}).") from error
    if not config.members:
        raise ModelError(f"{CONFIG} in {folder} names no members: fit the ensemble again.")
    if not all(isinstance(member, str) for member in config.members):
        raise ModelError(f"{CONFIG} in {folder} names a member that is no text: fit it again.")
    return config


def save_ensemble(folder: Path, config: EnsembleConfig, stacker: Stacker) -> None:
    """Write the folder of an ensemble."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(value) for name, value in vars(stacker).items()}
    save_file(tensors, folder / STACKER)
    write_json(folder / CONFIG, asdict(replace(config, sha256=sha256(folder / STACKER))))


def load_stacker(folder: Path, config: EnsembleConfig) -> Stacker:
    """Read the coefficients of an ensemble; raises `ModelError` when they cannot be used."""
    members = len(config.members)
    check_sha256(folder / STACKER, config.sha256)
    try:
        stacker = Stacker(**load_file(folder / STACKER))
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(f"{STACKER} in {folder} is missing or damaged: copy it again.") from error
    classes = len(EMOTIONS)
    shapes = stacker.coefficients.shape, stacker.intercept.shape
    if shapes != ((classes, classes * members), (classes,)):
        raise ModelError(f"{STACKER} in {folder} was not fitted on {members} members: fit again.")
    return stacker
