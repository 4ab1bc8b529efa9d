"""The networks, by the name that `config.json` gives them."""

from typing import Any

from torch import Tensor, nn

from fer.errors import HubError, MissingExtra
from fer.networks.convnextv2 import ConvNeXtV2
from fer.networks.ddamfn import DDAMFN, INPUT_SIZE
from fer.networks.face_resnet29 import FACE_SIZE, MEAN, STD, FaceResNet29
from fer.networks.names import CONVNEXT, FACE_RESNET, is_timms
from fer.networks.names import DDAMFN as DDAMFN_NAME
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD


def build(
    architecture: str, num_classes: int, pretrained: bool = False, size: int = 0
) -> nn.Module:
    """A network: faces B×3×S×S to logits B×`num_classes`.

    Its weights are untrained; `pretrained` starts it from timm's weights, which are downloaded and
    have terms of their own. Some of timm's networks work at one `size` S only; 0 is their own.

    Raises `HubError` when the weights cannot be had, `ModelError` when there is no such network.
    """
    if architecture == DDAMFN_NAME:
        return DDAMFN(num_classes)
    if architecture == FACE_RESNET:
        return FaceResNet29(num_classes)
    if architecture not in CONVNEXT:
        return timms().timm_network(architecture, num_classes, size, pretrained)
    network = ConvNeXtV2(CONVNEXT[architecture], num_classes)
    if pretrained:
        import timm  # takes seconds, which no answer needs

        try:
            source = timm.create_model(architecture, pretrained=True, num_classes=num_classes)
        except (OSError, RuntimeError) as error:  # what its downloads end with
            raise HubError(
                f"The ImageNet weights of {architecture} cannot be downloaded "
                f"({type(error).__name__}): check the connection, and start the same command again."
            ) from error
        network.load_state_dict(source.state_dict())
    return network


def normalization(architecture: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, a number for each of R, G, B, of what the network is fed."""
    if architecture == FACE_RESNET:
        return MEAN, STD
    if architecture == DDAMFN_NAME or architecture in CONVNEXT:
        return IMAGENET_MEAN, IMAGENET_STD
    about = timms().metadata(architecture)
    return about.mean, about.std


def own_size(architecture: str) -> int:
    """The side of the faces, in pixels, that a network is made for."""
    if not is_timms(architecture):
        return FACE_SIZE if architecture == FACE_RESNET else INPUT_SIZE
    return timms().metadata(architecture).input_size[-1]


def classifier(network: nn.Module) -> Any:
    """The last layer, from features to logits: linear, or a 1×1 convolution, with a bias."""
    if isinstance(network, DDAMFN | FaceResNet29):
        return network.classifier
    if isinstance(network, ConvNeXtV2):
        return network.head.fc
    return timms().classifier(network)


def timms() -> Any:
    """The module for timm's networks; raises `MissingExtra` where timm is not installed."""
    try:
        from fer.networks import timm_network  # takes seconds, which no answer needs
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "train") from error
    return timm_network


class Explained(nn.Module):
    """A network that answers with its logits B×K and the class maps B×K×h×w of Grad-CAM."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network: Any = network  # each has this method, nn.Module does not

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.explained(x)
