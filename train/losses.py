"""The loss of DDAMFN: cross-entropy plus attention diversity (paper, section 3.3)."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor


def attention_diversity(maps: Tensor, eps: float = 1e-6) -> Tensor:
    """How alike the attention heads are: pairs over the sum of their mean squared differences.

    `maps` is heads×B×C×H×W; the result is a scalar, small when the heads look at different things.
    """
    pairs = list(itertools.combinations(maps, 2))
    difference = torch.stack([F.mse_loss(a, b) for a, b in pairs]).sum()
    return len(pairs) / (difference + eps)


def ddamfn_loss(logits: Tensor, maps: Tensor | None, targets: Tensor, diversity: float) -> Tensor:
    """Cross-entropy with targets B×7 (rows sum to 1), plus the diversity of the heads if any."""
    loss = F.cross_entropy(logits.float(), targets)
    if maps is not None and diversity:
        loss = loss + diversity * attention_diversity(maps.float())
    return loss
