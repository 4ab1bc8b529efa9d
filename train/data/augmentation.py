"""Random changes to training faces, a whole batch at a time, each face by numbers of its own.

What will happen is drawn apart from doing it: drawing is a matter of microseconds and the same on
every machine, and doing it goes wherever the batch is, a GPU included.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torchvision.io import decode_jpeg, encode_jpeg
from torchvision.transforms import v2

from train.engine.recipe import Augmentation

AREA = (0.02, 0.25)  # what is erased, as a share
RATIO = (0.3, 3.3)  # of height to width
COARSE = (20, 48)  # pixels a side
QUALITY = (30, 90)  # of JPEG


class Changes(NamedTuple):
    """What happens to each of B faces; every tensor has B rows."""

    sources: Tensor  # B×2×3: from a place in the changed face to one in the given one, -1 to 1
    brightness: Tensor  # B factors
    contrast: Tensor  # B factors
    contrast_first: Tensor  # B: whether contrast changes before brightness
    erased: Tensor  # B×2×2: first row and column, row and column behind the last, pixels
    shrunk: Tensor  # B: to how many pixels a side, before it is enlarged again; 0: not at all
    quality: Tensor  # B: of the JPEG file that it comes from; 0: from none
    recut: Tensor  # B: whether it is cut out anew first

    def of(self, faces: slice) -> "Changes":
        """Those of some of the faces."""
        return Changes(*(values[faces] for values in self))

    def to(self, device: torch.device) -> "Changes":
        """The same on a device, but for what is looked at face by face: a GPU would be waited
        for."""
        moved = Changes(*(values.to(device, non_blocking=True) for values in self))
        return moved._replace(shrunk=self.shrunk, quality=self.quality)


def draw_changes(
    options: Augmentation, size: int, faces: int, generator: np.random.Generator
) -> Changes:
    """Draw what happens to a batch of faces `size`×`size`.

    Flip, then with probability `jitter` a small rotation, zoom and shift, then brightness and
    contrast, then random erasing (Z. Zhong et al., AAAI 2020), as in upstream DDAMFN's training
    scripts: the distributions are those of torchvision's RandomHorizontalFlip, RandomAffine,
    ColorJitter and RandomErasing. Faces of photos differ from those of data sets: with probability
    `shrink` a face is as coarse as a small one, with `jpeg` compressed, with `recut` cut out anew.
    """

    def chance(probability: float) -> NDArray[np.bool_]:
        return generator.random(faces) < probability

    def factor(change: float) -> NDArray[np.float64]:
        return generator.uniform(max(0.0, 1 - change), 1 + change, faces)

    flipped, jittered = chance(0.5), chance(options.jitter)
    angle = np.radians(generator.uniform(-options.rotation, options.rotation, faces)) * jittered
    zoom = np.where(jittered, factor(options.zoom), 1)
    largest = options.shift * size
    pixels = np.round(generator.uniform(-largest, largest, (2, faces))) * jittered
    sources = _sources(flipped, angle, zoom, pixels * 2 / size)
    brightness, contrast = factor(options.brightness), factor(options.brightness)
    contrast_first, erasing = chance(0.5), chance(options.erase)
    area = generator.uniform(AREA[0], AREA[1], faces) * size**2
    ratio = np.exp(generator.uniform(np.log(RATIO[0]), np.log(RATIO[1]), faces))
    sides = np.round(np.sqrt([area * ratio, area / ratio]))
    first = np.floor(generator.random((2, faces)) * (size - sides + 1))
    erased = np.stack([first, first + sides * erasing]).transpose(2, 0, 1)
    shrinking = chance(options.shrink)
    side = np.exp(generator.uniform(np.log(COARSE[0]), np.log(COARSE[1]), faces))
    shrunk = np.round(side) * shrinking
    compressing = chance(options.jpeg)
    quality = np.round(generator.uniform(*QUALITY, faces)) * compressing
    recut = chance(options.recut)
    return Changes(
        torch.from_numpy(sources).float(),
        torch.from_numpy(brightness).float(),
        torch.from_numpy(contrast).float(),
        torch.from_numpy(contrast_first),
        torch.from_numpy(erased).int(),
        torch.from_numpy(shrunk).int(),
        torch.from_numpy(quality).int(),
        torch.from_numpy(recut),
    )


def _sources(
    flipped: NDArray[np.bool_],
    angle: NDArray[np.float64],
    zoom: NDArray[np.float64],
    shift: NDArray[np.float64],
) -> NDArray[np.float64]:
    """B×2×3 matrices that undo shift (2×B), zoom and rotation (radians, clockwise), then flip."""
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    turned = np.array([[cos, sin], [-sin, cos]])
    matrices = np.concatenate([turned, -np.einsum("ijb,jb->ib", turned, shift)[:, None]], axis=1)
    matrices[0] *= np.where(flipped, -1, 1)
    return matrices.transpose(2, 0, 1)


def recut(changes: Changes, cuts: Tensor) -> Changes:
    """The changes of B faces, those to be cut out anew being changed from the new crop on.

    `cuts` B×2×3 take a place in the new crop to one in the given crop.
    """
    turn, shift = cuts.split((2, 1), dim=2)
    sources = turn @ changes.sources
    sources[:, :, 2:] += shift
    chosen = torch.where(changes.recut[:, None, None], sources, changes.sources)
    return changes._replace(sources=chosen)


def augment(faces: Tensor, changes: Changes, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 faces B×C×S×S, C being 1 or 3, changed and normalised: float32 B×3×S×S.

    `mean` and `std` are 3×1×1. What lies outside of the given face is black, what is erased has the
    mean colour. Nothing is rounded to whole levels of brightness on the way.
    """
    grid = F.affine_grid(changes.sources, list(faces.shape), align_corners=False)
    images = F.grid_sample(faces.float(), grid, align_corners=False)
    for row in (changes.shrunk + changes.quality).nonzero().flatten().tolist():
        images[row] = _of_photo(images[row], int(changes.shrunk[row]), int(changes.quality[row]))
    for changes_contrast in (changes.contrast_first, ~changes.contrast_first):
        factor = torch.where(changes_contrast, changes.contrast, changes.brightness)
        # Contrast spreads around the mean luminance (ITU-R BT.601), brightness from black.
        red, green, blue = images.mean((2, 3)).expand(-1, 3).unbind(1)
        luminance = 0.299 * red + 0.587 * green + 0.114 * blue
        pivot = torch.where(changes_contrast, luminance, 0)
        images = torch.addcmul(_column((1 - factor) * pivot), images, _column(factor))
        images.clamp_(0, 255)
    images = torch.addcmul(-mean / std, images, 1 / (255 * std))
    places = torch.arange(images.shape[-1], device=images.device)
    first, behind = changes.erased[..., None].unbind(1)
    rows, columns = ((first <= places) & (places < behind)).unbind(1)
    return images.masked_fill_((rows[:, :, None] & columns[:, None])[:, None], 0)


def _of_photo(image: Tensor, side: int, quality: int) -> Tensor:
    """An image C×S×S as if it had been enlarged from `side` pixels of a JPEG file; 0: neither."""
    shape = image.shape[1:]
    if side:
        image = F.interpolate(image[None], (side, side), mode="bilinear", antialias=True)[0]
    if quality:
        levels = image.round().clamp(0, 255).to(torch.uint8).cpu()
        image = decode_jpeg(encode_jpeg(levels, quality)).to(image)
    return F.interpolate(image[None], shape, mode="bilinear")[0] if side else image


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]


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
