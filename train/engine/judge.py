"""What a network in training says of the validation faces, on the device where it is trained."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.models.classifier import CROPS_AT_ONCE
from fer.networks.preprocess import resize
from fer.networks.registry import normalization
from train.engine.precision import Settled, autocast

AT_ONCE_ON_GPU = 256
KEPT_BYTES = 2**30  # of resized faces in memory; RAF-DB's need 185 MB at 224


class Judge:
    """Asks networks of one architecture about a split, whose faces are resized only once."""

    def __init__(
        self,
        faces: LabelledFaces,
        architecture: str,
        precision: Settled,
        device: torch.device,
    ):
        self.faces = faces
        self.precision = precision
        self.device = device
        self.mean, self.std = (
            torch.tensor(values, device=device)[:, None, None]
            for values in normalization(architecture)
        )
        self.at_once = AT_ONCE_ON_GPU if device.type == "cuda" else CROPS_AT_ONCE
        self._kept: dict[tuple[int, int], Tensor] = {}  # by size and first row
        self._room = KEPT_BYTES

    @torch.inference_mode()
    def logits(self, network: nn.Module, size: int) -> NDArray[np.float32]:
        """Logits N×7 of every face `size`×`size`, by the network in evaluation mode."""
        network.eval()
        rows = []
        for faces in self._batches(size):
            pixels = faces.to(self.device, non_blocking=True).expand(-1, 3, -1, -1)
            batch = (pixels.float() / 255 - self.mean) / self.std
            with autocast(self.precision, self.device):
                rows.append(network(batch.contiguous(memory_format=torch.channels_last)).float())
        return torch.cat(rows).cpu().numpy()

    def _batches(self, size: int) -> Iterator[Tensor]:
        """The faces in turn, uint8 B×C×S×S, C being 1 where all of a batch are grey."""
        starts = range(0, len(self.faces), self.at_once)
        for start in tqdm(starts, "predicting", leave=False, dynamic_ncols=True):
            batch = self._kept.get((size, start))
            if batch is None:
                batch = self._resized(
                    size, range(start, min(start + self.at_once, len(self.faces)))
                )
                if batch.nbytes <= self._room:
                    self._kept[size, start] = batch
                    self._room -= batch.nbytes
            yield batch

    def _resized(self, size: int, rows: range) -> Tensor:
        """As `fer.networks.preprocess` resizes crops for an answer."""
        pictures = [np.asarray(resize(self.faces.image(row), size)) for row in rows]
        grey = all(self.faces.pixels(row).ndim == 2 for row in rows)
        batch = torch.from_numpy(np.stack(pictures)[..., : 1 if grey else 3]).permute(0, 3, 1, 2)
        return batch.contiguous().pin_memory() if self.device.type == "cuda" else batch.contiguous()
