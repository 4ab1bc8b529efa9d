"""The networks, by the name that `config.json` gives them."""

from torch import nn

from fer.models.convnext import SIZES, ConvNeXtV2
from fer.models.ddamfn import DDAMFN

# ConvNeXt-V2 under the names that timm gives its sizes.
CONVNEXT = {f"convnextv2_{size}": size for size in SIZES}
ARCHITECTURES = ("ddamfn", *CONVNEXT)


def build(architecture: str, num_classes: int, pretrained: bool = False) -> nn.Module:
    """A network: faces B×3×S×S to logits B×`num_classes`.

    Its weights are untrained; `pretrained` starts a ConvNeXt-V2 from timm's ImageNet weights, which
    are downloaded and are CC BY-NC 4.0.
    """
    if architecture == "ddamfn":
        return DDAMFN(num_classes)
    network = ConvNeXtV2(CONVNEXT[architecture], num_classes)
    if pretrained:
        import timm  # takes seconds, which no answer needs

        source = timm.create_model(architecture, pretrained=True, num_classes=num_classes)
        network.load_state_dict(source.state_dict())
    return network


def last_feature_map(network: nn.Module) -> nn.Module:
    """The layer whose output is the network's last map over the face, for Grad-CAM."""
    if isinstance(network, DDAMFN):
        return network.backbone.conv_6_sep
    *_, last = network.get_submodule("stages").children()
    return last
