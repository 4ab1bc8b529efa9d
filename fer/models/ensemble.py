"""Several models' probabilities into one answer: soft vote, or stacking (D. Wolpert, 1992)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fer.errors import ModelError
from fer.labels import EMOTIONS
from fer.models.classifier import softmax
from fer.models.config import STACKER_FILE, EnsembleConfig, write_config
from fer.models.files import check_sha256, sha256
from fer.models.model_folder import EnsembleFolder

Probabilities = NDArray[np.float32]
Combination = Callable[[Probabilities], Probabilities]  # M×N×7 of M members to N×7


@dataclass(frozen=True)
class Stacker:
    """Multinomial logistic regression on the members' concatenated probabilities."""

    coefficients: NDArray[np.float64]  # 7×7M, rows in the order of EMOTIONS
    intercept: NDArray[np.float64]  # 7

    def __call__(self, members: Probabilities) -> Probabilities:
        """M×N×7 probabilities of M members to N×7."""
        # Not `@`: it adds in another order for other N, and an answer must not depend on company.
        logits = np.einsum("nf,kf->nk", features(members), self.coefficients) + self.intercept
        return softmax(logits).astype(np.float32)


def features(members: Probabilities) -> Probabilities:
    """What the stacker sees: M×N×7 probabilities side by side, N×7M."""
    return np.concatenate(list(members), axis=1)


def soft_vote(members: Probabilities) -> Probabilities:
    """The mean of M members' probabilities M×N×7: N×7."""
    return np.mean(members, axis=0, dtype=np.float32)


def save_ensemble(folder: Path, config: EnsembleConfig, stacker: Stacker) -> None:
    """Write the folder of an ensemble."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.ascontiguousarray(value) for name, value in vars(stacker).items()}
    save_file(tensors, folder / STACKER_FILE)
    write_config(folder, replace(config, sha256=sha256(folder / STACKER_FILE)))


def load_stacker(folder: EnsembleFolder) -> Stacker:
    """Read the coefficients of an ensemble; raises `ModelError` when they cannot be used."""
    path, members = folder.weights_path, len(folder.members)
    check_sha256(path, folder.config.sha256)
    try:
        stacker = Stacker(**load_file(path))
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(
            f"{path.name} in {folder.path} is missing or damaged: copy it again."
        ) from error
    classes = len(EMOTIONS)
    shapes = stacker.coefficients.shape, stacker.intercept.shape
    if shapes != ((classes, classes * members), (classes,)):
        raise ModelError(
            f"{path.name} in {folder.path} was not fitted on {members} members: fit again."
        )
    return stacker
