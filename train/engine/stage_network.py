"""Which part of a network a stage trains."""

from typing import Any

import torch
from torch import Tensor, nn

from fer.errors import DataError
from fer.networks.ddamfn import DDAMFN
from train.engine.recipe import Recipe, Stage

USUAL_SIZES = (32, 56, 64, 112, 150, 224)  # one of which any network can work at


class BackboneClassifier(nn.Module):
    """DDAMFN's backbone and classifier with average pooling: for small faces, without the heads."""

    def __init__(self, model: DDAMFN):
        super().__init__()
        self.backbone, self.classifier = model.backbone, model.classifier

    def forward(self, x: Tensor) -> Tensor:
        return self.from_last_map(self.last_map(x))

    def last_map(self, x: Tensor) -> Tensor:
        """The backbone's features, B×512×h×w."""
        return self.backbone(x)

    def from_last_map(self, features: Tensor) -> Tensor:
        """The logits, from the backbone's features."""
        return self.classifier(features.mean((2, 3)))


class WithFeatures(nn.Module):
    """A network that returns beside its output the mean of its last map, B×C."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network: Any = network  # each has these two methods, nn.Module does not

    def forward(self, x: Tensor) -> tuple[Tensor | tuple[Tensor, Tensor], Tensor]:
        last = self.network.last_map(x)
        return self.network.from_last_map(last), last.mean((2, 3))


def part(model: nn.Module, stage: Stage) -> nn.Module:
    """The part of a model that a stage trains: its parameters are the model's own."""
    if stage.network == "whole":
        return model
    if not isinstance(model, DDAMFN):
        raise DataError("Only DDAMFN has a backbone stage: set network to whole.")
    return BackboneClassifier(model)


def require_possible(model: nn.Module, recipe: Recipe, faces: int, processes: int) -> None:
    """Raise `DataError` where a stage, on so many faces by so many processes, could not train.

    This is found before the first stage, which may take hours.
    """
    for index, stage in enumerate(recipe.stages):
        network = part(model, stage)
        if not works(network, stage.size):
            sizes = ", ".join(str(size) for size in USUAL_SIZES if works(network, size))
            raise DataError(
                f"A {recipe.architecture} cannot work on faces of {stage.size} pixels: set "
                f"stages.{index}.size to another, such as {sizes}."
            )
        share = min(stage.batch, stage.faces or faces) // processes
        if share == 1 and any(isinstance(m, nn.BatchNorm2d) for m in network.modules()):
            raise DataError(
                f"A {recipe.architecture} cannot learn from one face at a time: set "
                f"stages.{index}.batch to at least {2 * processes}."
            )


@torch.inference_mode()
def works(network: nn.Module, size: int) -> bool:
    """Whether a network can take faces of that many pixels a side."""
    training, like = network.training, next(network.parameters())
    try:
        network.eval()(torch.zeros(1, 3, size, size, device=like.device))
    except (RuntimeError, AssertionError):  # where a layer has nothing left to see, or too much
        return False
    finally:
        network.train(training)
    return True
