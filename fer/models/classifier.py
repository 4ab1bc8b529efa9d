"""One network of a model folder: face crops in, emotion probabilities and heat out."""

import threading

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fer.faces import crop_matrix, cut_crop
from fer.labels import EMOTIONS
from fer.models.model_folder import NetworkFolder
from fer.models.weights import load_network
from fer.networks.preprocess import to_batch

CROPS_AT_ONCE = 32  # in one forward pass: more is no faster on a CPU


class Classifier:
    """A network with its configuration. Safe to call from several threads."""

    def __init__(self, folder: NetworkFolder):
        self.name = folder.name
        self.config = folder.config
        self.network = load_network(folder)
        # Grad-CAM hooks into the network, so a prediction in another thread must wait for it.
        self._lock = threading.Lock()

    def matrix(
        self, landmarks: NDArray[np.float32] | None, photo_size: tuple[int, int]
    ) -> NDArray[np.float64]:
        """The 2×3 matrix from pixels of the photo to pixels of a face's crop."""
        return crop_matrix(landmarks, self.config.frame, self.config.input_size, photo_size)

    def crop(self, photo: Image.Image, landmarks: NDArray[np.float32]) -> Image.Image:
        """A face cut out of a photo, framed as in the training data."""
        return cut_crop(photo, self.matrix(landmarks, photo.size), self.config.input_size)

    def predict(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        """Emotion probabilities N×7 of N face crops (PIL images of any size)."""
        batches = (
            crops[start : start + CROPS_AT_ONCE] for start in range(0, len(crops), CROPS_AT_ONCE)
        )
        rows = [self._probabilities(batch) for batch in batches]
        return np.concatenate(rows) if rows else np.empty((0, len(EMOTIONS)), np.float32)

    def heat(self, crop: Image.Image, emotion: str) -> NDArray[np.float32]:
        """Grad-CAM S×S in [0, 1] over a crop: the parts that speak for the emotion."""
        from fer.networks.gradcam import gradcam  # imports half a second of plotting packages

        with self._lock:
            return gradcam(self.network, self._prepare([crop]), EMOTIONS.index(emotion))

    def _probabilities(self, crops: list[Image.Image]) -> NDArray[np.float32]:
        batch = self._prepare(crops)
        with self._lock, torch.inference_mode():
            logits = self.network(batch)
            if self.config.mirror:
                logits = (logits + self.network(batch.flip(3))) / 2
            logits = logits / self.config.temperature
            outputs = logits.float().softmax(dim=1).cpu().numpy()
        probabilities = outputs[:, : len(EMOTIONS)]
        for index, emotion in enumerate(self.config.outputs[len(EMOTIONS) :], len(EMOTIONS)):
            probabilities[:, EMOTIONS.index(emotion)] += outputs[:, index]
        return probabilities

    def _prepare(self, crops: list[Image.Image]) -> Tensor:
        config = self.config
        batch = to_batch(crops, config.input_size, config.mean, config.std, config.grey)
        device = next(self.network.parameters()).device
        return batch.to(device, memory_format=torch.channels_last)
