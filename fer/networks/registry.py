"""The networks, by the name that `config.json` gives them."""

from torch import Tensor, nn

from fer.errors import HubError
from fer.networks.convnextv2 import ConvNeXtV2
from fer.networks.ddamfn import DDAMFN
from fer.networks.face_resnet29 import MEAN, STD, FaceResNet29
from fer.networks.names import CONVNEXT, FACE_RESNET
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD


def build(architecture: str, num_classes: int, pretrained: bool = False) -> nn.Module:
    """A network: faces B×3×S×S to logits B×`num_classes`.

    Its weights are untrained; `pretrained` starts a ConvNeXt-V2 from timm's ImageNet weights, which
    are downloaded and are CC BY-NC 4.0. Raises `HubError` when they cannot be had.
    """
    if architecture == "ddamfn":
        return DDAMFN(num_classes)
    if architecture == FACE_RESNET:
        return FaceResNet29(num_classes)
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
    return (MEAN, STD) if architecture == FACE_RESNET else (IMAGENET_MEAN, IMAGENET_STD)


def classifier(network: nn.Module) -> nn.Linear:
    """The last layer, from features to logits."""
    name = "head.fc" if isinstance(network, ConvNeXtV2) else "classifier"
    layer = network.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


class Explained(nn.Module):
    """A network that answers with its logits B×K and the class maps B×K×h×w of Grad-CAM."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        assert isinstance(self.network, DDAMFN | ConvNeXtV2 | FaceResNet29)
        return self.network.explained(x)
