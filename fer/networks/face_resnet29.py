"""ResNet-29 for faces: the body of dlib's face recognition network, a classifier for expressions.

Source: D. King, dlib's `dnn_face_recognition_ex`, 2017, after K. He et al., "Deep Residual Learning
for Image Recognition", CVPR 2016 (identity skips, section 3.3, option A). dlib pads nothing where
it halves the side, and fills the smaller of the two summands up with zeros: 150 → 72 → 35 → 17 → 8
→ 4 → 2 pixels. Batch normalisation, which dlib folds away, is back in, so that it can be trained.
"""

import torch.nn.functional as F
from torch import Tensor, nn

# dlib's network subtracts the mean of its training faces and divides by 256, for values of 0…255.
MEAN = (122.782 / 255, 117.001 / 255, 104.298 / 255)
STD = (256 / 255,) * 3

# Channels of the blocks, and which of them halve the side.
CHANNELS = (32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 256, 256, 256, 256)
HALVING = (3, 7, 10, 13)
LAST_LARGE = 12  # the last block before 2×2 pixels: 4×4, which a heatmap can still use
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
        channels, height, width = (
            max(a, b) for a, b in zip(y.shape[1:], skip.shape[1:], strict=True)
        )
        return F.relu(_fill(y, channels, height, width) + _fill(skip, channels, height, width))


def _fill(x: Tensor, channels: int, height: int, width: int) -> Tensor:
    """Zeros behind the channels, right and below, up to a shape."""
    return F.pad(x, (0, width - x.shape[3], 0, height - x.shape[2], 0, channels - x.shape[1]))


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
        return self.classifier(self.dropout(self.features(x)))

    def features(self, x: Tensor) -> Tensor:
        """The mean of the last map, B×256, from which dlib makes a face's descriptor."""
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        return self.blocks(x).mean((2, 3))
