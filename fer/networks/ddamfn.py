"""DDAMFN: a dual-direction attention mixed feature network for facial expressions.

Source: S. Zhang, Y. Zhang, Y. Zhang, Y. Wang, Z. Song, "A Dual-Direction Attention Mixed Feature
Network for Facial Expression Recognition", Electronics 12(17), 2023. `MixedFeatureNet` is the
backbone of section 3.1, `DirectionAttention` the head of section 3.2 and `DDAMFN` the whole of
figure 1. Only the layers that take part in the forward pass exist: 4,105,999 parameters for seven
classes.
"""

from typing import Any, NoReturn

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from fer.errors import ModelError

INPUT_SIZE = 112
FEATURES = 512  # channels of the backbone's 7×7 map
HEADS = 2

# A row a stage of mix blocks: (channels in, channels out, expanded channels,
# {depthwise kernel: channels}, stride, repeats). A stride of 1 adds the skip.
STAGES = {
    "conv_23": (64, 64, 128, {3: 64, 5: 32, 7: 32}, 2, 1),
    "conv_3": (64, 64, 128, {3: 96, 5: 32}, 1, 9),
    "conv_34": (64, 128, 256, {3: 128, 5: 64, 7: 64}, 2, 1),
    "conv_4": (128, 128, 256, {3: 192, 5: 64}, 1, 16),
    "conv_45": (128, 256, 1024, {3: 256, 5: 256, 7: 256, 9: 256}, 2, 1),
    "conv_5": (256, 256, 512, {3: 172, 5: 170, 7: 170}, 1, 6),
}


class ConvBN(nn.Sequential):
    """Convolution without bias, batch normalisation and, unless `linear`, a PReLU per channel."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        linear: bool = False,
    ):
        super().__init__()
        self.conv = nn.Conv2d(
            channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(channels_out)
        if not linear:
            self.act = nn.PReLU(channels_out)


class MixedDepthwise(nn.Module):
    """Depthwise convolutions of several kernel sizes, each on its own slice of the channels."""

    def __init__(self, kernels: dict[int, int], stride: int):
        super().__init__()
        self.splits = list(kernels.values())
        self.convs = nn.ModuleList(
            nn.Conv2d(c, c, k, stride, k // 2, groups=c, bias=False) for k, c in kernels.items()
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = x.split(self.splits, dim=1)
        return torch.cat([conv(part) for conv, part in zip(self.convs, parts, strict=True)], dim=1)


class CoordinateGate(nn.Module):
    """The gate of coordinate attention (Hou et al., CVPR 2021), B×C×H×W in (0, 1).

    Its input is the two direction-wise pooled maps, B×C×H×1 and B×C×1×W. So the mix blocks
    (which average) and the attention heads (which learn the pooling) share it.
    """

    def __init__(self, channels: int):
        super().__init__()
        hidden = max(8, channels // 32)
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.bn = nn.BatchNorm2d(hidden)
        self.act = nn.Hardswish()
        self.height = nn.Conv2d(hidden, channels, 1)
        self.width = nn.Conv2d(hidden, channels, 1)

    def forward(self, over_width: Tensor, over_height: Tensor) -> Tensor:
        # Plain numbers also in an exported graph, which would else compute them.
        rows, columns = int(over_width.shape[2]), int(over_height.shape[3])
        joint = torch.cat([over_width, over_height.transpose(2, 3)], dim=2)
        joint = self.act(self.bn(self.squeeze(joint)))
        tall, wide = joint.split([rows, columns], dim=2)
        return self.height(tall).sigmoid() * self.width(wide.transpose(2, 3)).sigmoid()


class MixBlock(nn.Module):
    """Expand, mixed depthwise convolution, coordinate attention, linear projection, skip."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        expanded: int,
        kernels: dict[int, int],
        stride: int,
    ):
        super().__init__()
        self.expand = ConvBN(channels_in, expanded)
        self.depthwise = MixedDepthwise(kernels, stride)
        self.gate = CoordinateGate(expanded)
        self.project = ConvBN(expanded, channels_out, linear=True)
        self.skip = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(self.expand(x))
        y = y * self.gate(y.mean(3, keepdim=True), y.mean(2, keepdim=True))
        y = self.project(y)
        return x + y if self.skip else y


class MixedFeatureNet(nn.Sequential):
    """The backbone: B×3×H×W to B×512×H/16×W/16 (rounded up), 7×7 for a 112×112 face."""

    def __init__(self):
        super().__init__()
        self.conv1 = ConvBN(3, 64, 3, stride=2, padding=1)
        self.conv2_dw = ConvBN(64, 64, 3, padding=1, groups=64)
        for name, (c_in, c_out, expanded, kernels, stride, repeats) in STAGES.items():
            blocks = [MixBlock(c_in, c_out, expanded, kernels, stride) for _ in range(repeats)]
            self.add_module(name, nn.Sequential(*blocks))
        self.conv_6_sep = ConvBN(256, FEATURES)


class DirectionAttention(nn.Module):
    """One attention head: coordinate attention whose pooling over each direction is learnt."""

    def __init__(self):
        super().__init__()
        self.over_width = ConvBN(FEATURES, FEATURES, (1, 7), groups=FEATURES, linear=True)
        self.over_height = ConvBN(FEATURES, FEATURES, (7, 1), groups=FEATURES, linear=True)
        self.gate = CoordinateGate(FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(self.over_width(x), self.over_height(x))


class DDAMFN(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="fer-toolkit",
    pipeline_tag="image-classification",
    tags=["facial-expression-recognition", "ddamfn"],
):
    """Faces B×3×112×112 (normalised float) to logits B×`num_classes`.

    In training mode the forward pass also returns the head maps, heads×B×512×7×7, which the
    attention-diversity loss needs.

    `from_pretrained` takes a model folder, or its id on the Hub, for the bare network; how to feed
    it is in the folder's `config.json`, which `fer.load` obeys.
    """

    def __init__(self, num_classes: int = 7):
        super().__init__()
        self.backbone = MixedFeatureNet()
        self.heads = nn.ModuleList(DirectionAttention() for _ in range(HEADS))
        self.pool = ConvBN(FEATURES, FEATURES, 7, groups=FEATURES, linear=True)
        self.classifier = nn.Linear(FEATURES, num_classes)
        self.apply(_initialise)
        # Start as an average over the map, so that a backbone trained with average pooling fits.
        nn.init.constant_(self.pool.conv.weight, 1 / 49)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.from_last_map(self.last_map(x))

    def last_map(self, x: Tensor) -> Tensor:
        """The backbone's features, B×512×7×7."""
        return self.backbone(x)

    def from_last_map(self, features: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """What the forward pass returns, from the backbone's features."""
        attended, maps = self._attend(features)
        logits = self.classifier(self.pool(attended).flatten(1))
        return (logits, maps) if self.training else logits

    def explained(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits B×K and class maps B×K×7×7: Grad-CAM's sums over the attended features.

        From these on all is linear: a logit's gradient is the classifier times the batch norm's
        scale times the pooling kernel, whatever the face.
        """
        attended, _ = self._attend(self.last_map(x))
        logits = self.classifier(self.pool(attended).flatten(1))
        scale = batch_norm_scale(self.pool.bn) * self.pool.conv.weight.mean((1, 2, 3))
        return logits, F.conv2d(attended, (self.classifier.weight * scale)[:, :, None, None])

    def _attend(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The features B×512×7×7 after attention, and the heads' maps."""
        maps = torch.stack([head(features) for head in self.heads])
        return features * maps.amax(0), maps

    @classmethod
    def _from_pretrained(cls, **options: Any) -> "DDAMFN":
        # Otherwise tensors that are missing would stay at random without a word.
        return super()._from_pretrained(**{"strict": True, **options})

    @classmethod
    def _load_as_pickle(cls, *_: Any) -> NoReturn:
        raise ModelError("There is no model.safetensors, and a pickle is never opened.")


def batch_norm_scale(bn: nn.BatchNorm2d) -> Tensor:
    """What a batch norm multiplies each channel by when it does not learn, C."""
    assert bn.running_var is not None
    return bn.weight * (bn.running_var + bn.eps).rsqrt()


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
