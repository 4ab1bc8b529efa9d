"""Batches whose every random choice depends on (seed, epoch, step) alone.

So a resumed run needs no generator state: it asks for the batches after its last step and gets the
very ones that an unbroken run would have had, with any number of worker processes. These only fetch
and resize; what changes the faces at random is done where the training is.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.networks.registry import normalization
from train.data.augmentation import Changes, augment, draw_changes, recut
from train.engine.recipe import EPOCHS, Recipe

CPU = torch.device("cpu")
PREFETCHED = 4  # batches that each worker has ready


class Draw(NamedTuple):
    """What a batch is made of."""

    epoch: int
    step: int  # of the epoch
    rows: NDArray[np.int64]  # of the data set


class Batch(NamedTuple):
    """A batch that is still to be changed."""

    faces: Tensor  # uint8 B×C×S×S, C being 1 where all are grey, else 3
    targets: Tensor  # B×7, and behind them a teacher's features, B×F, where they are learnt
    changes: Changes


class DrawnFaces(Dataset):
    """Batches by what was drawn for them; of several processes each gets its `share` of every one.

    What happens to the faces is drawn for the whole batch, so that it is the same for one process
    and for many.
    """

    def __init__(
        self,
        faces: LabelledFaces,
        size: int,
        recipe: Recipe,
        share: slice,
        cuts: Tensor | None = None,
        features: NDArray[np.float32] | None = None,
    ):
        self.faces = faces
        self.cuts = cuts
        self.size = size
        self.recipe = recipe
        self.share = share
        one_hot = np.eye(faces.targets.shape[1], dtype=np.float32)[faces.labels]
        targets = faces.targets if recipe.soft_labels else one_hot
        self.targets = targets if features is None else np.hstack([targets, features])

    def __getitem__(self, draw: Draw) -> Batch:
        # From 1 on: a 0 more would give the generator that has drawn the epoch's rows.
        generator = np.random.default_rng([self.recipe.seed, draw.epoch, 1 + draw.step])
        changes = draw_changes(self.recipe.augmentation, self.size, len(draw.rows), generator)
        if self.cuts is not None:
            changes = recut(changes, self.cuts[draw.rows])
        rows = draw.rows[self.share]
        faces = resized([self.faces.pixels(row) for row in rows], self.size)
        return Batch(faces, torch.from_numpy(self.targets[rows]), changes.of(self.share))


def resized(pictures: list[NDArray[np.uint8]], size: int) -> Tensor:
    """Pictures H×W or H×W×3 of any sizes as uint8 B×C×`size`×`size`, C being 1 if all are grey.

    As `fer.networks.preprocess.resize` does it, but for a last bit in few places, and all of a
    shape at once.
    """
    shapes = {picture.shape for picture in pictures}
    channels = 3 if any(len(shape) == 3 for shape in shapes) else 1
    batch = torch.empty(len(pictures), channels, size, size, dtype=torch.uint8)
    for shape in shapes:
        places = [place for place, picture in enumerate(pictures) if picture.shape == shape]
        alike = torch.from_numpy(np.stack([pictures[place] for place in places]))
        alike = alike.reshape(*alike.shape[:3], -1).permute(0, 3, 1, 2)
        batch[places] = F.interpolate(alike, (size, size), mode="bilinear", antialias=True)
    return batch


class Draws:
    """The batches of a stage from step `first_step` on.

    The balanced sampler draws emotion c with a probability in proportion to n_c^(1-balance), with
    replacement; otherwise the faces are shuffled. The last, incomplete batch of an epoch is left
    out.
    """

    def __init__(self, faces: LabelledFaces, recipe: Recipe, stage_index: int, first_step: int):
        self.faces = faces
        self.recipe = recipe
        self.stage_index = stage_index
        self.first_step = first_step
        stage = recipe.stages[stage_index]
        self.epochs = stage.epochs
        self.draws = stage.faces or len(faces)
        self.batch = min(stage.batch, self.draws)
        self.steps_per_epoch = self.draws // self.batch

    def __len__(self) -> int:
        return self.steps_per_epoch * self.epochs - self.first_step

    def __iter__(self) -> Iterator[Draw]:
        first_epoch, skipped = divmod(self.first_step, self.steps_per_epoch)
        for epoch in range(first_epoch, self.epochs):
            # Stages must not repeat each other's epochs, so each gets a range of its own.
            unique_epoch = self.stage_index * EPOCHS + epoch
            rows = self._rows(unique_epoch)
            for step in range(skipped, self.steps_per_epoch):
                yield Draw(unique_epoch, step, rows[step * self.batch : (step + 1) * self.batch])
            skipped = 0

    def _rows(self, epoch: int) -> NDArray[np.int64]:
        generator = np.random.default_rng([self.recipe.seed, epoch])
        if self.recipe.imbalance != "sampler" or self.recipe.balance == 0:
            shuffled = generator.permutation(len(self.faces))
            return np.resize(shuffled, self.draws)
        weights = self.faces.class_counts()[self.faces.labels] ** -float(self.recipe.balance)
        return generator.choice(len(self.faces), self.draws, p=weights / weights.sum())


def training_batches(
    faces: LabelledFaces,
    recipe: Recipe,
    stage_index: int,
    first_step: int,
    workers: int,
    process: int = 0,
    processes: int = 1,
    device: torch.device = CPU,
    cuts: Tensor | None = None,
    features: NDArray[np.float32] | None = None,
) -> tuple[Iterator[tuple[Tensor, Tensor]], int]:
    """The (images B×3×S×S, targets B×7) from step `first_step` on, and the steps of an epoch.

    With several processes, B is the share of this one in the recipe's batch. `cuts` (N×2×3) say how
    faces are cut out anew, and `features` (N×F), put behind the targets, how a teacher sees them,
    where the recipe asks for it.
    """
    draws = Draws(faces, recipe, stage_index, first_step)
    if draws.batch % processes:
        # Shares of unequal size would weigh the faces unequally.
        raise DataError(
            f"A batch of {draws.batch} cannot be shared by {processes} processes: "
            f"set stages.{stage_index}.batch to a multiple of {processes}."
        )
    share = slice(process, None, processes)
    loader = DataLoader(
        DrawnFaces(faces, recipe.stages[stage_index].size, recipe, share, cuts, features),
        sampler=draws,
        batch_size=None,  # what is drawn is a batch already
        num_workers=workers,
        prefetch_factor=PREFETCHED if workers else None,
        pin_memory=device.type == "cuda",
    )
    return _changed(loader, recipe.architecture, device), draws.steps_per_epoch


def _changed(
    loader: DataLoader, architecture: str, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    mean, std = (
        torch.tensor(values, device=device)[:, None, None] for values in normalization(architecture)
    )
    for faces, targets, changes in loader:
        images = augment(faces.to(device, non_blocking=True), changes.to(device), mean, std)
        yield images, targets.to(device, non_blocking=True)
