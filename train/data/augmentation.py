"""Random changes to training faces, each of which depends on its seed alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import v2

from train.engine.recipe import Augmentation

Triple = tuple[float, ...]  # a number for each of R, G, B


def augment(options: Augmentation, mean: Triple, std: Triple) -> v2.Transform:
    """PIL face S×S to a normalised float32 tensor 3×S×S, randomly changed.

    Flip, then with probability `jitter` a small rotation, zoom and shift, then brightness and
    random erasing, as in upstream DDAMFN's training scripts.
    """
    jitter = v2.RandomAffine(
        options.rotation,
        translate=(options.shift, options.shift),
        scale=(1 - options.zoom, 1 + options.zoom),
        interpolation=v2.InterpolationMode.BILINEAR,
    )
    return v2.Compose(
        [
            v2.ToImage(),
            v2.RandomHorizontalFlip(),
            v2.RandomApply([jitter], p=options.jitter),
            v2.ColorJitter(brightness=options.brightness, contrast=options.brightness),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(mean, std),
            v2.RandomErasing(p=options.erase, scale=(0.02, 0.25)),
        ]
    )


def mixup(images: Tensor, targets: Tensor, alpha: float, *seed: int) -> tuple[Tensor, Tensor]:
    """Images B×3×S×S and targets B×7, each blended with another of the batch by a share that is
    drawn for the whole batch from Beta(alpha, alpha) (H. Zhang et al., "mixup", ICLR 2018)."""
    blend = v2.MixUp(alpha=alpha, num_classes=targets.shape[1])
    with seeded(*seed):
        return blend(images, targets)


@contextmanager
def seeded(*numbers: int) -> Iterator[None]:
    """What torch draws inside depends on these numbers alone, and changes nothing outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))
        yield
