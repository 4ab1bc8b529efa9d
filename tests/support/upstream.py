"""Upstream's DDAMFN as its checkpoints describe it, with the layers that it never uses.

Written from the table of the paper and from the names and shapes in the checkpoints, to be compared
with; it shares no code with `fer.networks.ddamfn`.
"""

import sys
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MODULE = "networks.MixedFeatureNet"


class Linear_block(nn.Module):
    def __init__(self, inp, out, kernel=(1, 1), stride=1, padding=(0, 0), groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inp, out, kernel, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.bn(self.conv(x))


class Conv_block(Linear_block):
    def __init__(self, inp, out, **more):
        super().__init__(inp, out, **more)
        self.prelu = nn.PReLU(out)

    def forward(self, x):
        return self.prelu(super().forward(x))


def h_swish(x: Tensor) -> Tensor:
    return x * F.relu6(x + 3) / 6


class CoordAtt(nn.Module):
    def __init__(self, channels):
        super().__init__()
        hidden = max(8, channels // 32)
        self.conv1 = nn.Conv2d(channels, hidden, 1)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, channels, 1)
        self.conv3 = nn.Conv2d(hidden, channels, 1)

    def pools(self, x):
        return x.mean(dim=-1, keepdim=True), x.mean(dim=-2, keepdim=True)

    def gates(self, x):
        over_width, over_height = self.pools(x)
        both = torch.cat([over_width, over_height.permute(0, 1, 3, 2)], dim=2)
        both = h_swish(self.bn1(self.conv1(both)))
        h, w = both[:, :, : x.shape[2]], both[:, :, x.shape[2] :].permute(0, 1, 3, 2)
        return torch.sigmoid(self.conv2(h)) * torch.sigmoid(self.conv3(w))

    def forward(self, x):
        return x * self.gates(x)


class CoordAttHead(CoordAtt):
    def __init__(self):
        super().__init__(512)
        self.Linear = Linear_block(512, 512, kernel=(7, 7), groups=512)  # never used
        self.Linear_h = Linear_block(512, 512, kernel=(1, 7), groups=512)
        self.Linear_w = Linear_block(512, 512, kernel=(7, 1), groups=512)

    def pools(self, x):
        return self.Linear_h(x), self.Linear_w(x)

    def forward(self, x):
        return self.gates(x)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.CoordAtt = CoordAttHead()


class MDConv(nn.Module):
    def __init__(self, kernels, stride):
        super().__init__()
        self.mixed_depthwise_conv = nn.ModuleList(
            nn.Conv2d(c, c, k, stride, k // 2, groups=c, bias=False) for k, c in kernels
        )
        channels = sum(c for _, c in kernels)
        self.bn = nn.BatchNorm2d(channels)  # never used
        self.prelu = nn.PReLU(channels)  # never used

    def forward(self, x):
        parts, start = [], 0
        for conv in self.mixed_depthwise_conv:
            parts.append(conv(x[:, start : start + conv.in_channels]))
            start += conv.in_channels
        return torch.cat(parts, 1)


class Mix_Depth_Wise(nn.Module):
    def __init__(self, inp, out, expanded, kernels, stride, residual=False):
        super().__init__()
        self.conv = Conv_block(inp, expanded)
        self.conv_dw = MDConv(kernels, stride)
        self.CA = CoordAtt(expanded)
        self.project = Linear_block(expanded, out)
        self.residual = residual

    def forward(self, x):
        y = self.project(self.CA(self.conv_dw(self.conv(x))))
        return y + x if self.residual else y


class Mix_Residual(nn.Module):
    def __init__(self, channels, expanded, kernels, repeats):
        super().__init__()
        blocks = [(channels, channels, expanded, kernels, 1, True)] * repeats
        self.model = nn.Sequential(*(Mix_Depth_Wise(*block) for block in blocks))

    def forward(self, x):
        return self.model(x)


class Flatten(nn.Module):
    def forward(self, x):
        return x.flatten(1)


def stages() -> dict[str, nn.Module]:
    three = {"kernel": (3, 3), "padding": (1, 1)}
    nine = [(k, 256) for k in (3, 5, 7, 9)]
    return {
        "conv1": Conv_block(3, 64, stride=2, **three),
        "conv2_dw": Conv_block(64, 64, groups=64, **three),
        "conv_23": Mix_Depth_Wise(64, 64, 128, [(3, 64), (5, 32), (7, 32)], 2),
        "conv_3": Mix_Residual(64, 128, [(3, 96), (5, 32)], 9),
        "conv_34": Mix_Depth_Wise(64, 128, 256, [(3, 128), (5, 64), (7, 64)], 2),
        "conv_4": Mix_Residual(128, 256, [(3, 192), (5, 64)], 16),
        "conv_45": Mix_Depth_Wise(128, 256, 1024, nine, 2),
        "conv_5": Mix_Residual(256, 512, [(3, 172), (5, 170), (7, 170)], 6),
        "conv_6_sep": Conv_block(256, 512),
    }


class MixedFeatureNet(nn.Module):
    """Upstream's face recogniser, as pickled whole in MFN_msceleb.pth."""

    def __init__(self):
        super().__init__()
        for name, stage in stages().items():
            setattr(self, name, stage)
        self.conv_6_dw = Linear_block(512, 512, kernel=(7, 7), groups=512)
        self.conv_6_flatten = Flatten()
        self.linear = nn.Linear(512, 256, bias=False)
        self.bn = nn.BatchNorm1d(256)

    def features(self, x):
        for name in stages():
            x = getattr(self, name)(x)
        return x


class DDAMFNet(nn.Module):
    """Upstream's expression network: faces B×3×112×112 to logits in upstream's order."""

    def __init__(self, classes=7):
        super().__init__()
        self.features = nn.Sequential(*stages().values())
        self.cat_head0, self.cat_head1 = Head(), Head()
        self.Linear = Linear_block(512, 512, kernel=(7, 7), groups=512)
        self.fc = nn.Linear(512, classes)
        self.bn = nn.BatchNorm1d(classes)  # never used

    def forward(self, x):
        x = self.features(x)
        y = torch.maximum(self.cat_head0.CoordAtt(x), self.cat_head1.CoordAtt(x))
        return self.fc(self.Linear(x * y).flatten(1))


def randomise(network: nn.Module, seed: int = 0) -> nn.Module:
    """Every tensor at random, batch statistics too, with activations of ordinary size."""
    generator = torch.Generator().manual_seed(seed)
    ranges = {"running_var": (0.5, 1.5), "running_mean": (-0.2, 0.2), "prelu": (0, 0.5)}
    for name, tensor in network.state_dict().items():
        if tensor.ndim > 1:
            tensor.normal_(0, tensor[0].numel() ** -0.5, generator=generator)
        elif tensor.is_floating_point():
            norm = ".bn" in name or name.startswith("bn")
            usual = (0.5, 1.5) if norm and name.endswith("weight") else (-0.2, 0.2)
            low, high = next((ranges[part] for part in ranges if part in name), usual)
            tensor.uniform_(low, high, generator=generator)
    return network.eval()


def save_whole(network: nn.Module, path: Any, zipped: bool = True) -> None:
    """Pickle a network whole under upstream's module name, which is gone when it is read."""
    module = ModuleType(MODULE)
    package = ModuleType("networks")
    classes = [type(layer) for layer in network.modules() if type(layer).__module__ == __name__]
    for kind in classes:
        kind.__module__ = MODULE
        setattr(module, kind.__name__, kind)
    package.MixedFeatureNet = module
    sys.modules |= {"networks": package, MODULE: module}
    try:
        torch.save(network, path, _use_new_zipfile_serialization=zipped)
    finally:
        del sys.modules["networks"], sys.modules[MODULE]
        for kind in classes:
            kind.__module__ = __name__
