"""The losses: cross-entropy, and for DDAMFN attention diversity (its paper, section 3.3)."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor

from train.engine.recipe import Recipe


def attention_diversity(maps: Tensor, eps: float = 1e-6) -> Tensor:
    """How alike the attention heads are: pairs over the sum of their mean squared differences.

    `maps` is heads×B×C×H×W; the result is a scalar, small when the heads look at different things.
    """
    pairs = list(itertools.combinations(maps, 2))
    difference = torch.stack([F.mse_loss(a, b) for a, b in pairs]).sum()
    return len(pairs) / (difference + eps)


def total_loss(
    output: Tensor | tuple[Tensor, Tensor], targets: Tensor, recipe: Recipe, prior: Tensor
) -> Tensor:
    """Cross-entropy with targets B×7 (rows sum to 1), smoothed and balanced as the recipe says.

    `output` is the logits B×7 or, from DDAMFN, also its head maps, whose diversity is then added.
    `prior` is each emotion's share of the training faces, shape 7. Rare emotions count more by
    weights prior^-balance, or are asked for a margin by balance·log(prior) on the logits
    (A. Menon et al., "Long-tail learning via logit adjustment", ICLR 2021, eq. 10).
    """
    logits, maps = output if isinstance(output, tuple) else (output, None)
    logits = logits.float()
    weights = None
    if recipe.imbalance == "logit-adjusted":
        logits = logits + recipe.balance * prior.log()
    elif recipe.imbalance == "class-balanced":
        weights = prior**-recipe.balance
        weights = weights / (weights * prior).sum()  # the average face weighs 1
    loss = F.cross_entropy(logits, targets, weights, label_smoothing=recipe.label_smoothing)
    if maps is not None and recipe.diversity:
        loss = loss + recipe.diversity * attention_diversity(maps.float())
    return loss
