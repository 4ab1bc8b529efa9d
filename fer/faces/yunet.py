"""YuNet: one small network that marks faces, with five landmarks each, on three grids.

Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence
Research 20, 2023, section 3; the variant called YuNet-s. Batch norm is folded into the weights.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

WEIGHTS = Path(__file__).parent / "weights" / "yunet.safetensors"


class YuNet(nn.Module):
    """B×3×H×W, BGR from 0 to 255 with H and W multiples of 32, to a map for each stride 8, 16, 32.

    A map is B×15×H/stride×W/stride. Of a cell it says the score √(class · objectness), then, in
    strides, the box's centre (x, y) from the cell's corner and the logarithm of its width and
    height, then x and y of the five landmarks from the cell's corner: left eye, right eye, nose,
    left and right corner of the mouth, left and right as seen in the photo.

    | layer           | channels | stride of its output |
    |-----------------|----------|----------------------|
    | 3×3 conv + unit | 16       | 2                    |
    | 2 units         | 32       | 4                    |
    | 2 units         | 64       | 4                    |
    | 2 units         | 64       | 8                    |
    | 2 units         | 64       | 16                   |
    | 2 units         | 64       | 32                   |

    A maximum over 2×2 halves the picture where the stride doubles after the first layer. The last
    three maps are joined from the coarsest to the finest, a unit each (`neck`), before a unit
    without ReLU (`heads`) answers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 16, 3, 2, padding=1), nn.ReLU(), *_unit(16, 16))
        self.second = nn.Sequential(*_unit(16, 16), *_unit(16, 32), *_unit(32, 32), *_unit(32, 64))
        self.stages = nn.ModuleList(nn.Sequential(*_unit(64, 64), *_unit(64, 64)) for _ in range(3))
        self.neck = nn.ModuleList(nn.Sequential(*_unit(64, 64)) for _ in range(3))
        self.heads = nn.ModuleList(nn.Sequential(*_unit(64, 16)[:-1]) for _ in range(3))

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        features = self.second(max_pool2d(self.first(pixels), 2))
        maps = []
        for stage in self.stages:
            features = stage(max_pool2d(features, 2))
            maps.append(features)
        fine, middle, coarse = maps
        coarse = self.neck[2](coarse)
        middle = self.neck[1](middle + interpolate(coarse, scale_factor=2.0))
        fine = self.neck[0](fine + interpolate(middle, scale_factor=2.0))
        return tuple(
            _scored(head(features))
            for head, features in zip(self.heads, (fine, middle, coarse), strict=True)
        )


def trained_yunet() -> YuNet:
    """The network with the bundled weights, ready to answer."""
    network = YuNet()
    network.load_state_dict(load_file(WEIGHTS))
    return network.eval().requires_grad_(False)


def _unit(channels_in: int, channels_out: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(channels_in, channels_out, 1),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, groups=channels_out),
        nn.ReLU(),
    )


def _scored(answer: Tensor) -> Tensor:
    """One score in place of the two logits that come first."""
    score = answer[:, :2].sigmoid().prod(dim=1, keepdim=True).sqrt()
    return torch.cat([score, answer[:, 2:]], dim=1)
