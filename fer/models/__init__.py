"""The networks, by the name that `config.json` gives them."""

from torch import nn

from fer.models.ddamfn import DDAMFN

ARCHITECTURES = {"ddamfn": DDAMFN}


def build(architecture: str, num_classes: int) -> nn.Module:
    """A network with untrained weights: faces B×3×S×S to logits B×`num_classes`."""
    return ARCHITECTURES[architecture](num_classes)
