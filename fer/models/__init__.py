"""The networks, by the name that `config.json` gives them."""

from torch import nn

from fer.models.ddamfn import DDAMFN

ARCHITECTURES = {"ddamfn": DDAMFN}


def build(architecture: str, num_classes: int) -> nn.Module:
    """A network with untrained weights: faces B×3×S×S to logits B×`num_classes`."""
    return ARCHITECTURES[architecture](num_classes)


def last_feature_map(network: nn.Module) -> nn.Module:
    """The layer whose output is the network's last map over the face, for Grad-CAM."""
    return network.backbone.conv_6_sep
