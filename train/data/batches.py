"""Batches whose every random choice depends on (seed, epoch, position) alone.

So a resumed run needs no generator state: it asks for the batches after its last step and gets the
very ones that an unbroken run would have had, with any number of worker processes.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.networks.preprocess import resize
from fer.networks.registry import normalization
from train.data.augmentation import augment, seeded
from train.engine.recipe import Recipe

Draw = tuple[int, int, int]  # epoch, position within it, row of the data set


class AugmentedFaces(Dataset):
    """Faces drawn by (epoch, position, row), each augmented with a seed of its own."""

    def __init__(self, faces: LabelledFaces, size: int, recipe: Recipe):
        self.faces = faces
        self.size = size
        self.transform = augment(recipe.augmentation, *normalization(recipe.architecture))
        self.seed = recipe.seed
        one_hot = np.eye(faces.targets.shape[1], dtype=np.float32)[faces.labels]
        self.targets = faces.targets if recipe.soft_labels else one_hot

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        epoch, position, row = draw
        with seeded(self.seed, epoch, position):
            image = self.transform(resize(self.faces.image(row), self.size))
        return image, torch.from_numpy(self.targets[row])


class Draws:
    """The batches of a stage from step `first_step` on.

    The balanced sampler draws emotion c with a probability in proportion to n_c^(1-balance), with
    replacement; otherwise the faces are shuffled. The last, incomplete batch of an epoch is left
    out. Each of several processes gets its share of every batch.
    """

    def __init__(
        self,
        faces: LabelledFaces,
        recipe: Recipe,
        stage_index: int,
        first_step: int,
        process: int = 0,
        processes: int = 1,
    ):
        self.faces = faces
        self.recipe = recipe
        self.stage_index = stage_index
        self.first_step = first_step
        self.share = slice(process, None, processes)
        stage = recipe.stages[stage_index]
        self.epochs = stage.epochs
        self.draws = stage.faces or len(faces)
        self.batch = min(stage.batch, self.draws)
        self.steps_per_epoch = self.draws // self.batch
        if self.batch % processes:
            # Shares of unequal size would weigh the faces unequally.
            raise DataError(
                f"A batch of {self.batch} cannot be shared by {processes} processes: "
                f"set stages.{stage_index}.batch to a multiple of {processes}."
            )

    def __len__(self) -> int:
        return self.steps_per_epoch * self.epochs - self.first_step

    def __iter__(self) -> Iterator[list[Draw]]:
        first_epoch, skipped = divmod(self.first_step, self.steps_per_epoch)
        for epoch in range(first_epoch, self.epochs):
            # Stages must not repeat each other's epochs, so each gets a range of its own.
            unique_epoch = self.stage_index * 10_000 + epoch
            rows = self._rows(unique_epoch)
            draws = [(unique_epoch, position, int(row)) for position, row in enumerate(rows)]
            for step in range(skipped, self.steps_per_epoch):
                yield draws[step * self.batch : (step + 1) * self.batch][self.share]
            skipped = 0

    def _rows(self, epoch: int) -> np.ndarray:
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
) -> tuple[DataLoader, int]:
    """A loader of (images B×3×S×S, targets B×7) from step `first_step`, and the steps per epoch.

    With several processes, B is the share of this one in the recipe's batch.
    """
    data = AugmentedFaces(faces, recipe.stages[stage_index].size, recipe)
    draws = Draws(faces, recipe, stage_index, first_step, process, processes)
    loader = DataLoader(data, batch_sampler=draws, num_workers=workers)
    return loader, draws.steps_per_epoch
