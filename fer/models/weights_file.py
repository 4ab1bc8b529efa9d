"""`model.safetensors`, read and checked before any of its values is used."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError

from fer.errors import ModelError
from fer.models.files import check_sha256
from fer.models.model_folder import NetworkFolder

MOST_BYTES = 1_000_000_000  # the largest network that is known here has a third of it

Tensor = TypeVar("Tensor")


def read_weights(
    folder: NetworkFolder, load: Callable[[Path], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """A network's tensors by name, as `load` of safetensors for torch or for NumPy gives them.

    Raises `ModelError` when the file is missing, damaged, or not the one that is recorded.
    """
    path = folder.weights_path
    if not path.is_file():
        raise ModelError(f"{folder.path} has no {path.name}: copy the whole model folder.")
    if path.stat().st_size > MOST_BYTES:
        raise ModelError(f"{path.name} in {folder.path} is too large: copy or download it again.")
    check_sha256(path, folder.config.sha256)
    try:
        return load(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path.name} in {folder.path} is damaged or incomplete: copy or download it again."
        ) from error


def not_finite(folder: NetworkFolder) -> ModelError:
    """What to say of weights that are not finite."""
    path = folder.weights_path
    return ModelError(
        f"{path.name} in {path.parent} holds values that are not finite: train again."
    )
