"""The losses: cross-entropy, for DDAMFN attention diversity (its paper, section 3.3), and likeness
to a teacher's features."""

import itertools
from typing import Any

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


def unlikeness(features: Tensor, taught: Tensor) -> Tensor:
    """How much two networks differ in which faces of a batch they find alike.

    The mean squared difference of the correlations between the features of every two faces: B×C of
    the one, B×F of the other. No layer has to translate between the two (F. Tung and G. Mori,
    "Similarity-Preserving Knowledge Distillation", ICCV 2019, section 3.1, which takes products of
    features that are not centred).
    """
    return F.mse_loss(_correlations(features), _correlations(taught))


def _correlations(features: Tensor) -> Tensor:
    normal = F.normalize(features.float() - features.float().mean(0), dim=1)
    return normal @ normal.T


def total_loss(output: Any, targets: Tensor, recipe: Recipe, prior: Tensor) -> Tensor:
    """Cross-entropy with targets B×7 (rows sum to 1), smoothed and balanced as the recipe says.

    `output` is the logits B×7 or, from DDAMFN, also its head maps, whose diversity is then added.
    Where the recipe asks for alikeness, it is a pair of that and the features B×C, and behind the
    targets are the teacher's, B×F.
    `prior` is each emotion's share of the training faces, shape 7. Rare emotions count more by
    weights prior^-balance, or are asked for a margin by balance·log(prior) on the logits
    (A. Menon et al., "Long-tail learning via logit adjustment", ICLR 2021, eq. 10).
    """
    classes, features = len(prior), None
    if recipe.alikeness:
        output, features = output
    targets, taught = targets[:, :classes], targets[:, classes:]
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
    if features is not None:
        loss = loss + recipe.alikeness * unlikeness(features, taught)
    return loss
