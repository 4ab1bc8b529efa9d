"""The optimiser of a stage and its learning rate, step by step."""

import math
from typing import Any

from pytorch_optimizer import SAM
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from fer.networks.registry import classifier
from train.engine.recipe import Stage


def make_optimizer(model: nn.Module, stage: Stage) -> Optimizer:
    """The stage's optimiser; weight decay spares biases, PReLU slopes and batch normalisation."""
    kinds: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
        "adamw": (AdamW, {}),
        "adam": (Adam, {}),
        "sgd": (SGD, {"momentum": 0.9}),
    }
    kind, options = kinds[stage.optimizer]
    parts = [(1.0, list(model.parameters()))]
    if stage.body_lr != 1:
        last = list(classifier(model).parameters())
        known = set(last)
        parts = [(stage.body_lr, [p for p in model.parameters() if p not in known]), (1.0, last)]
    groups: list[dict[str, Any]] = []
    for share, parameters in parts:
        groups += [
            {"params": [p for p in parameters if p.ndim > 1], "lr_share": share},
            {
                "params": [p for p in parameters if p.ndim <= 1],
                "lr_share": share,
                "weight_decay": 0.0,
            },
        ]
    options |= {"lr": stage.lr, "weight_decay": stage.weight_decay, "fused": True}
    if stage.sam_rho:
        return SAM(groups, kind, rho=stage.sam_rho, **options)
    return kind(groups, **options)


def set_learning_rate(optimizer: Optimizer, stage: Stage, step: int, total: int) -> float:
    """Set and return a step's rate; it depends on the step alone: resuming needs no scheduler."""
    epoch = step * stage.epochs // total
    factors = {
        "one-cycle": _one_cycle(step / total),
        "step": 0.1 ** (epoch // 10),
        "exponential": 0.9**epoch,
    }
    rate = stage.lr * factors[stage.schedule]
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("lr_share", 1.0)
    return rate


def _one_cycle(progress: float, warmup: float = 0.15) -> float:
    if progress < warmup:
        return 0.04 + 0.96 * progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) + 1e-3
