"""ConvNeXt-V2: convolutions only, in blocks of the shape that transformers have.

Source: S. Woo et al., "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders",
CVPR 2023; the block is that of figure 5, global response normalisation that of section 4.1. Weights
have timm's names and shapes, so that either reads the other's. timm itself is not imported to
answer a photo: that takes as long as all the rest of a start.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-6

# Blocks of the four stages, their channels, and whether timm keeps the 1×1 layers as convolutions.
SIZES = {
    "atto": ((2, 2, 6, 2), (40, 80, 160, 320), True),
    "femto": ((2, 2, 6, 2), (48, 96, 192, 384), True),
    "pico": ((2, 2, 6, 2), (64, 128, 256, 512), True),
    "nano": ((2, 2, 8, 2), (80, 160, 320, 640), True),
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768), False),
    "base": ((3, 3, 27, 3), (128, 256, 512, 1024), False),
}


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of B×C×H×W."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=EPS)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GlobalResponseNorm(nn.Module):
    """Lets the channels of B×H×W×C compete: each is scaled by its share of the whole response."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        response = x.norm(dim=(1, 2), keepdim=True)
        share = response / (response.mean(3, keepdim=True) + EPS)
        return x + self.bias + self.weight * (x * share)


class Expansion(nn.Module):
    """To four times the channels and back, at each place of B×H×W×C by itself."""

    def __init__(self, channels: int, as_convolution: bool):
        super().__init__()
        layer = partial(nn.Conv2d, kernel_size=1) if as_convolution else nn.Linear
        self.fc1 = layer(channels, 4 * channels)
        self.grn = GlobalResponseNorm(4 * channels)
        self.fc2 = layer(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.grn(F.gelu(F.linear(x, self.fc1.weight.flatten(1), self.fc1.bias)))
        return F.linear(x, self.fc2.weight.flatten(1), self.fc2.bias)


class Block(nn.Module):
    """A depthwise 7×7 convolution, normalisation, expansion, skip."""

    def __init__(self, channels: int, as_convolution: bool):
        super().__init__()
        self.conv_dw = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.mlp = Expansion(channels, as_convolution)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_dw(x).permute(0, 2, 3, 1)
        return x + self.mlp(self.norm(y)).permute(0, 3, 1, 2)


class Stage(nn.Sequential):
    """Halves the side, unless it is the first stage, then several blocks."""

    def __init__(self, channels_in: int, channels: int, depth: int, as_convolution: bool):
        super().__init__()
        if channels_in != channels:
            halve = nn.Conv2d(channels_in, channels, 2, stride=2)
            self.downsample = nn.Sequential(ChannelNorm(channels_in), halve)
        self.blocks = nn.Sequential(*(Block(channels, as_convolution) for _ in range(depth)))


class Head(nn.Module):
    """The mean over the map B×C×H×W, normalised, to logits."""

    def __init__(self, channels: int, num_classes: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.norm(x.mean((2, 3))))


class ConvNeXtV2(nn.Sequential):
    """Faces B×3×S×S (normalised float) to logits B×`num_classes`; `size` is a key of `SIZES`."""

    def __init__(self, size: str, num_classes: int):
        super().__init__()
        depths, channels, as_convolution = SIZES[size]
        first, last = channels[0], channels[-1]
        self.stem = nn.Sequential(nn.Conv2d(3, first, 4, stride=4), ChannelNorm(first))
        self.stages = nn.Sequential(
            *(
                Stage(before, own, depth, as_convolution)
                for before, own, depth in zip((first, *channels), channels, depths, strict=False)
            )
        )
        self.head = Head(last, num_classes)
        self.apply(_initialise)

    def last_map(self, x: Tensor) -> Tensor:
        """The last stage's features, B×C×h×w."""
        return self.stages(self.stem(x))

    def from_last_map(self, features: Tensor) -> Tensor:
        """The logits, from the last stage's features."""
        return self.head(features)

    def explained(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits B×K and class maps B×K×h×w: Grad-CAM's sums over the last stage's features.

        A logit's gradient goes back through the classifier, the layer norm and the mean.
        """
        features = self.last_map(x)
        norm, fc = self.head.norm, self.head.fc
        pooled = features.mean((2, 3))
        centred = pooled - pooled.mean(1, keepdim=True)
        spread = (centred.square().mean(1, keepdim=True) + norm.eps).rsqrt()
        normal = (centred * spread)[:, None]
        slope = fc.weight * norm.weight
        through = slope - slope.mean(1, keepdim=True)
        weights = (through - normal * (slope * normal).mean(2, keepdim=True)) * spread[:, None]
        maps = weights @ features.flatten(2) / (features.shape[2] * features.shape[3])
        return self.head(features), maps.unflatten(2, features.shape[2:])


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
