"""Which part of a network a stage trains."""

from torch import Tensor, nn

from fer.errors import DataError
from fer.networks.ddamfn import DDAMFN
from train.engine.recipe import Stage


class BackboneClassifier(nn.Module):
    """DDAMFN's backbone and classifier with average pooling: for small faces, without the heads."""

    def __init__(self, model: DDAMFN):
        super().__init__()
        self.backbone, self.classifier = model.backbone, model.classifier

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.backbone(x).mean((2, 3)))


def part(model: nn.Module, stage: Stage) -> nn.Module:
    """The part of a model that a stage trains: its parameters are the model's own."""
    if stage.network == "whole":
        return model
    if not isinstance(model, DDAMFN):
        raise DataError("Only DDAMFN has a backbone stage: set network to whole.")
    return BackboneClassifier(model)
