"""ResNet-29 for faces: the body of dlib's face recognition network, a classifier for expressions.

Source: D. King, dlib's `dnn_face_recognition_ex`, 2017, after K. He et al., "Deep Residual Learning
for Image Recognition", CVPR 2016 (identity skips, section 3.3, option A). dlib pads nothing where
it halves the side, and fills the smaller of the two summands up with zeros: 150 → 72 → 35 → 17 → 8
→ 4 → 2 pixels. Batch normalisation, which dlib folds away, is back in, so that it can be trained.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from fer.networks.ddamfn import batch_norm_scale

FACE_SIZE = 150  # side of the faces, pixels
# dlib's network subtracts the mean of its training faces and divides by 256, for values of 0…255.
MEAN = (122.782 / 255, 117.001 / 255, 104.298 / 255)
STD = (256 / 255,) * 3

# Channels of the blocks, and which of them halve the side.
CHANNELS = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)
HALVING = (3, 7, 10, 13)
DROPOUT = 0.2


class ConvBN(nn.Sequential):
    """Convolution without bias and batch normalisation."""

    def __init__(self, channels_in: int, channels: int, kernel: int, stride: int, padding: int):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(channels)


class Block(nn.Module):
    """Two 3×3 convolutions beside a skip, which is a 2×2 average where the side is halved."""

    def __init__(self, channels_in: int, channels: int, halving: bool):
        super().__init__()
        self.halving = halving
        stride, padding = (2, 0) if halving else (1, 1)
        self.conv1 = ConvBN(channels_in, channels, 3, stride, padding)
        self.conv2 = ConvBN(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(F.relu(self.conv1(x)))
        skip = F.avg_pool2d(x, 2) if self.halving else x
        # Plain numbers also in an exported graph, which would else compute them.
        channels, height, width = (
            max(int(a), int(b)) for a, b in zip(y.shape[1:], skip.shape[1:], strict=True)
        )
        return F.relu(_fill(y, channels, height, width) + _fill(skip, channels, height, width))


def _fill(x: Tensor, channels: int, height: int, width: int) -> Tensor:
    """Zeros behind the channels, right and below, up to a shape."""
    given = [int(side) for side in x.shape[1:]]
    return F.pad(x, (0, width - given[2], 0, height - given[1], 0, channels - given[0]))


class FaceResNet29(nn.Module):
    """Faces B×3×150×150 (normalised float) to logits B×`num_classes`."""

    def __init__(self, num_classes: int):
        super().__init__()
        self.stem = ConvBN(3, CHANNELS[0], 7, stride=2, padding=0)
        inputs = (CHANNELS[0], *CHANNELS)
        self.blocks = nn.Sequential(
            *(
                Block(before, own, index in HALVING)
                for index, (before, own) in enumerate(zip(inputs, CHANNELS, strict=False))
            )
        )
        self.dropout = nn.Dropout(DROPOUT)
        self.classifier = nn.Linear(CHANNELS[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.from_last_map(self.last_map(x))

    def last_map(self, x: Tensor) -> Tensor:
        """The last block's features B×256×2×2, from whose mean dlib makes a face's descriptor."""
        return self.blocks[-1](self._large(x))

    def from_last_map(self, features: Tensor) -> Tensor:
        """The logits, from the last block's features."""
        return self.classifier(self.dropout(features.mean((2, 3))))

    def explained(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits B×K and class maps B×K×4×4: Grad-CAM's sums over the input of the last block.

        The last map itself, of 2×2 pixels, is too coarse to look at. A logit's gradient goes back
        through the mean and the two branches of that block.
        """
        large, last = self._large(x), self.blocks[-1]
        assert isinstance(last, Block)
        inner = last.conv1(large)
        out = last(large)
        logits = self.classifier(out.mean((2, 3)))
        # B·K×256×2×2: what each place of the last map adds to each logit.
        slope = self.classifier.weight[None, :, :, None, None] * (out > 0)[:, None].to(out.dtype)
        slope = slope.flatten(0, 1) / (out.shape[2] * out.shape[3])
        height, width = inner.shape[2:]
        by_conv = slope[:, :, :height, :width] * batch_norm_scale(last.conv2.bn)[:, None, None]
        by_conv = F.conv_transpose2d(by_conv, last.conv2.conv.weight, padding=1)
        by_conv = by_conv.unflatten(0, (-1, self.classifier.out_features))
        by_conv = (by_conv * (inner > 0)[:, None].to(out.dtype)).sum((3, 4))
        taps = last.conv1.conv.weight.sum((2, 3))
        by_conv = by_conv @ (batch_norm_scale(last.conv1.bn)[:, None] * taps)
        by_skip = slope.sum((2, 3)).unflatten(0, (-1, self.classifier.out_features))
        weights = (by_conv + by_skip) / (large.shape[2] * large.shape[3])
        maps = weights @ large.flatten(2)
        return logits, maps.unflatten(2, large.shape[2:])

    def _large(self, x: Tensor) -> Tensor:
        """The last map of more than 2×2 pixels: 4×4 of a face of 150×150."""
        return self.blocks[:-1](F.max_pool2d(F.relu(self.stem(x)), 3, 2))
