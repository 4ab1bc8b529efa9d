"""Several models' probabilities into one answer: soft vote, or stacking (D. Wolpert, 1992)."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fer.errors import ModelError
from fer.folder import CONFIG, FORMAT, read_json, write_json
from fer.labels import EMOTIONS
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

    members: tuple[str, ...]  # model folders, relative to the ensemble's
    recipe: str
    kind: str = KIND
    labels: tuple[str, ...] = EMOTIONS
    library_version: str = __version__
    format: int = FORMAT


def read_config(folder: Path) -> EnsembleConfig:
    """Read an ensemble's `config.json`; raises `ModelError` with what is wrong with it."""
    values = read_json(folder)
    try:
        config = EnsembleConfig(**{**values, "members": tuple(values["members"])})
    except (TypeError, KeyError) as error:
        raise ModelError(f"{CONFIG} in {folder} lacks or misnames a setting ({error}).") from error
    if not config.members:
        raise ModelError(f"{CONFIG} in {folder} names no members: fit the ensemble again.")
    return config


def save_ensemble(folder: Path, config: EnsembleConfig, stacker: Stacker) -> None:
    """Write the folder of an ensemble."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(value) for name, value in vars(stacker).items()}
    save_file(tensors, folder / STACKER)
    write_json(folder / CONFIG, asdict(config))


def load_stacker(folder: Path, members: int) -> Stacker:
    """Read the coefficients of an ensemble; raises `ModelError` when they cannot be used."""
    try:
        stacker = Stacker(**load_file(folder / STACKER))
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(f"{STACKER} in {folder} is missing or damaged: copy it again.") from error
    classes = len(EMOTIONS)
    shapes = stacker.coefficients.shape, stacker.intercept.shape
    if shapes != ((classes, classes * members), (classes,)):
        raise ModelError(f"{STACKER} in {folder} was not fitted on {members} members: fit again.")
    return stacker
