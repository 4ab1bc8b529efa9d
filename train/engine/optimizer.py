"""The optimiser of a stage and its learning rate, step by step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from pytorch_optimizer import SAM
from torch import Tensor, nn
from torch.amp import GradScaler
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
    optimizer: Optimizer
    if stage.sam_rho:
        optimizer = SAM(groups, kind, rho=stage.sam_rho, **options)
    else:
        optimizer = kind(groups, **options)
    if kind is SGD:  # torch would leave it unset where a first step in fp16 is left out
        for parameter in model.parameters():
            optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


def take_step(optimizer: Optimizer, closure: Callable[[], Tensor], scaler: GradScaler) -> Tensor:
    """One step, or SAM's two; the loss before it.

    `closure` computes the loss and the gradients of the loss that `scaler` has scaled. Where these
    are too large for fp16, the step is left out and the scale becomes smaller.
    """
    loss = closure()
    base = optimizer
    if isinstance(optimizer, SAM):
        base = optimizer.base_optimizer
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if scaler.is_enabled():  # SAM's first step must not spoil the statistics of batches
            for gradient in (p.grad for p in parameters if p.grad is not None):
                gradient.nan_to_num_(0, 0, 0)
        optimizer.first_step()  # its length is the same whatever the scale
        closure()
        with torch.no_grad():
            for parameter in parameters:
                if "old_p" in optimizer.state[parameter]:
                    parameter.copy_(optimizer.state[parameter].pop("old_p"))
    scaler.step(base)
    scaler.update()
    return loss


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
