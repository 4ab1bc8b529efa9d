"""Several models' probabilities into one answer: soft vote, or stacking (D. Wolpert, 1992)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fer.errors import ModelError
from fer.models.classifier import softmax
from fer.models.config import (
    STACKER_FILE,
    EnsembleConfig,
    StackerFeatures,
    read_config,
    write_config,
)
from fer.models.files import check_sha256, sha256
from fer.models.model_folder import EnsembleFolder

Probabilities = NDArray[np.float32]
MOST_BYTES = 1_000_000  # of a stacker's file
LARGEST = 1e6  # of its coefficients, far beyond what is ever fitted
LEAST = 1e-4  # of a probability, for its logarithm: below it there is no evidence, only rounding
Combination = Callable[[Probabilities], Probabilities]  # M×N×7 of M members to N×7


@dataclass(frozen=True)
class Stacker:
    """Multinomial logistic regression on what the members say, side by side."""

    coefficients: NDArray[np.float64]  # K×KM, rows in the order of the labels
    intercept: NDArray[np.float64]  # 7
    features: StackerFeatures = "log-probabilities"

    def __call__(self, members: Probabilities) -> Probabilities:
        """M×N×7 probabilities of M members to N×7."""
        # Not `@`: it adds in another order for other N, and an answer must not depend on company.
        seen = seen_by_stacker(members, self.features)
        logits = np.einsum("nf,kf->nk", seen, self.coefficients) + self.intercept
        return softmax(logits).astype(np.float32)


def seen_by_stacker(members: Probabilities, features: StackerFeatures) -> Probabilities:
    """M×N×7 probabilities, or their logarithms, side by side: N×7M."""
    rows = np.concatenate(list(members), axis=1)
    return np.log(rows.clip(LEAST)) if features == "log-probabilities" else rows


def soft_vote(members: Probabilities) -> Probabilities:
    """The mean of M members' probabilities M×N×7: N×7."""
    return np.mean(members, axis=0, dtype=np.float32)


def save_ensemble(folder: Path, config: EnsembleConfig, stacker: Stacker) -> None:
    """Write the folder of an ensemble; the configuration learns the stacker's features and hash.

    A folder that holds the very same keeps its configuration, which says by which version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "coefficients": np.ascontiguousarray(stacker.coefficients),
        "intercept": np.ascontiguousarray(stacker.intercept),
    }
    save_file(tensors, folder / STACKER_FILE)
    digest = sha256(folder / STACKER_FILE)
    config = replace(config, features=stacker.features, sha256=digest)
    if not _holds(folder, config):
        write_config(folder, config)


def _holds(folder: Path, config: EnsembleConfig) -> bool:
    try:
        present = read_config(folder)
    except ModelError:
        return False
    return replace(present, library_version=config.library_version) == config


def load_stacker(folder: EnsembleFolder) -> Stacker:
    """Read the coefficients of an ensemble; raises `ModelError` when they cannot be used."""
    path, members = folder.weights_path, len(folder.members)
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise ModelError(f"{path.name} in {folder.path} is too large: copy it again.")
    check_sha256(path, folder.config.sha256)
    try:
        stacker = Stacker(**load_file(path), features=folder.config.features)
    except (SafetensorError, OSError, TypeError) as error:
        raise ModelError(
            f"{path.name} in {folder.path} is missing or damaged: copy it again."
        ) from error
    classes = len(folder.config.labels)
    shapes = stacker.coefficients.shape, stacker.intercept.shape
    if shapes != ((classes, classes * members), (classes,)):
        raise ModelError(
            f"{path.name} in {folder.path} was not fitted on {members} members: fit again."
        )
    for values in (stacker.coefficients, stacker.intercept):
        if values.dtype.kind != "f" or not (abs(values.astype(float)) <= LARGEST).all():  # nor NaN
            raise ModelError(
                f"{path.name} in {folder.path} holds values that no stacker has: fit again."
            )
    return stacker
