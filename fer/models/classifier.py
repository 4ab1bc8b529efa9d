"""One network of a model folder: face crops in, emotion probabilities and class maps out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fer.engines import Engine, EngineName, Network, Precision
from fer.engines.choice import choose
from fer.engines.shared_batches import SharedBatches
from fer.errors import ModelError
from fer.faces import crop_matrix, cut_crop
from fer.forks import PerProcess
from fer.models.config import NetworkConfig
from fer.models.graph import check_graph, graph_of
from fer.models.model_folder import NetworkFolder
from fer.networks.preprocess import to_batch

if TYPE_CHECKING:
    from torch import nn

CROPS_AT_ONCE = 32  # in one forward pass: more is no faster on a CPU


@dataclass(frozen=True)
class Answers:
    """What a network says of N crops."""

    probabilities: NDArray[np.float32]  # N×K, in the order of the labels, summing to 1
    maps: NDArray[np.float32]  # N×K×h×w, Grad-CAM's sums for each label


class Classifier:
    """A network with its configuration. Safe to call from several threads, which share batches."""

    def __init__(self, name: str, config: NetworkConfig, network: Network):
        self.name = name
        self.config = config
        self._network = PerProcess(partial(SharedBatches, network, CROPS_AT_ONCE))

    @classmethod
    def load(cls, folder: NetworkFolder, engine: Engine) -> "Classifier":
        """The network of a model folder, run by an engine; see `engine_for`."""
        network = engine(graph_of(folder), partial(_module, folder))
        made = cls(folder.name, folder.config, network)
        made._try(folder)
        return made

    def matrix(
        self, landmarks: NDArray[np.float32] | None, photo_size: tuple[int, int]
    ) -> NDArray[np.float64]:
        """The 2×3 matrix from pixels of the photo to pixels of a face's crop."""
        return crop_matrix(landmarks, self.config.frame, self.config.input_size, photo_size)

    def crop(self, photo: Image.Image, landmarks: NDArray[np.float32] | None) -> Image.Image:
        """A face cut out of a photo, framed as in the training data."""
        return cut_crop(photo, self.matrix(landmarks, photo.size), self.config.input_size)

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Emotion probabilities N×7 of N face crops (PIL images of any size)."""
        return self.answer(crops).probabilities

    def answer(self, crops: list[Image.Image]) -> Answers:
        """Probabilities and class maps of N face crops (PIL images of any size)."""
        parts = [
            self._answer(crops[start : start + CROPS_AT_ONCE])
            for start in range(0, len(crops), CROPS_AT_ONCE)
        ]
        if not parts:
            classes = len(self.config.labels)
            return Answers(
                np.empty((0, classes), np.float32), np.empty((0, classes, 1, 1), np.float32)
            )
        probabilities, maps = zip(*((part.probabilities, part.maps) for part in parts), strict=True)
        return Answers(np.concatenate(probabilities), np.concatenate(maps))

    def _try(self, folder: NetworkFolder) -> None:
        """Raise `ModelError` where not even an empty crop gets probabilities."""
        size = self.config.input_size
        try:
            answer = self.answer([Image.new("RGB", (size, size), "grey")])
            possible = abs(answer.probabilities.sum() - 1) < 1e-3  # not of NaN
        except Exception as error:  # each engine has errors of its own
            raise _no_answer(folder) from error
        if not possible or not np.isfinite(answer.maps).all():
            raise _no_answer(folder)

    def _answer(self, crops: list[Image.Image]) -> Answers:
        config, classes = self.config, len(self.config.labels)
        batch = to_batch(crops, config.input_size, config.mean, config.std, config.grey)
        count = len(batch)
        if config.mirror:
            batch = np.concatenate([batch, batch[..., ::-1]])
        logits, maps = self._network()(batch)
        if config.mirror:
            logits = (logits[:count] + logits[count:]) * np.float32(0.5)
        outputs = softmax(logits / np.float32(config.temperature)).astype(np.float32, copy=False)
        probabilities = outputs[:, :classes]
        for index, label in enumerate(config.outputs[classes:], classes):
            probabilities[:, config.labels.index(label)] += outputs[:, index]
        return Answers(probabilities, maps[:count, :classes])


def engine_for(
    folders: Sequence[NetworkFolder], name: EngineName | None = None, precision: Precision = "fp32"
) -> tuple[Engine, str]:
    """The engine that answers for networks, all of them: see `fer.engines.choice.choose`."""

    def check_graphs() -> None:
        for folder in folders:
            check_graph(folder)

    return choose(name, precision, check_graphs)


def softmax(logits: NDArray) -> NDArray:
    """Rows of logits to rows of probabilities that sum to 1, in the precision given."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _no_answer(folder: NetworkFolder) -> ModelError:
    return ModelError(
        f"The network in {folder.path} gives no probabilities: it does not fit its config.json, or "
        "its values are too large; copy the folder again or train anew."
    )


def _module(folder: NetworkFolder) -> "nn.Module":
    """The network for torch."""
    from fer.models.weights import load_network
    from fer.networks.registry import Explained

    return Explained(load_network(folder))
