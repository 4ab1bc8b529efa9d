"""The training loop: stages, checkpoints, validation, choice of the best weights."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pytorch_optimizer import SAM
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.labels import EMOTIONS
from fer.models import build
from fer.models.ddamfn import DDAMFN
from fer.preprocess import IMAGENET_MEAN, IMAGENET_STD, to_batch
from train.batches import training_batches
from train.checkpoint import (
    read_tensors,
    restore_modules,
    restore_optimizer,
    save_checkpoint,
    save_tensors,
)
from train.losses import total_loss
from train.metrics import accuracies
from train.predictions import predict_split
from train.recipe import Recipe, Stage

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"


class BackboneClassifier(nn.Module):
    """DDAMFN's backbone and classifier with average pooling: for small faces, without the heads."""

    def __init__(self, model: DDAMFN):
        super().__init__()
        self.backbone, self.classifier = model.backbone, model.classifier

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.backbone(x).mean((2, 3)))


class Run:
    """A training run in a folder; `train()` starts it or carries on from its last checkpoint."""

    def __init__(
        self,
        recipe: Recipe,
        train: LabelledFaces,
        validation: LabelledFaces,
        folder: Path,
        workers: int = 0,
    ):
        self.recipe = recipe
        self.data = train
        self.validation = validation
        self.folder = folder
        self.workers = workers
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(recipe.seed)
        model = build(recipe.architecture, len(EMOTIONS), pretrained=recipe.pretrained)
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {"model": self.model}
        self.average = None
        if recipe.ema:
            average = get_ema_multi_avg_fn(recipe.ema)
            self.average = AveragedModel(self.model, multi_avg_fn=average, use_buffers=True)
            self.modules["average"] = self.average
        counts = torch.from_numpy(train.class_counts()).float()
        self.prior = (counts / counts.sum()).to(self.device)
        self.state: dict[str, Any] = {
            "recipe": recipe.to_dict(),
            "stage": 0,
            "step": 0,
            "best": -1.0,
            "seconds": 0.0,
            "history": [],
        }

    def train(self) -> dict[str, Any]:
        """Run every stage, leave the last one's best weights in the model, return the state."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = self._resume()
        for index in range(self.state["stage"], len(self.recipe.stages)):
            optimizer = make_optimizer(self.model, self.recipe.stages[index])
            if tensors is not None:
                restore_modules(tensors, self.modules)
                restore_optimizer(tensors, optimizer)
                tensors = None
            else:
                self.state |= {"stage": index, "step": 0}
            self._train_stage(index, optimizer)
        best, _ = read_tensors(self.folder / BEST)
        restore_modules(best, {"model": self.model})
        return self.state

    def _resume(self) -> dict[str, Tensor] | None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        tensors, state = read_tensors(path)
        # A stage may be changed until it begins.
        began = state["stage"]
        if Recipe.from_dict(state["recipe"]).until(began) != self.recipe.until(began):
            raise DataError(f"{self.folder} holds a run of another recipe: choose a new --out.")
        self.state = state | {"recipe": self.recipe.to_dict()}
        return tensors

    def _train_stage(self, index: int, optimizer: Optimizer) -> None:
        stage = self.recipe.stages[index]
        network = part(self.model, stage)
        loader, steps_per_epoch = training_batches(
            self.data, self.recipe, index, self.state["step"], self.workers
        )
        total = steps_per_epoch * stage.epochs
        forward = torch.compile(network) if self.recipe.compile else network
        bar = tqdm(loader, stage.name, total, initial=self.state["step"], dynamic_ncols=True)
        network.train()
        started = time.monotonic()
        for images, targets in bar:
            set_learning_rate(optimizer, stage, self.state["step"], total)
            loss = self._step(forward, optimizer, images, targets)
            if self.average:
                self.average.update_parameters(self.model)
            self.state["step"] += 1
            epoch, within = divmod(self.state["step"], steps_per_epoch)
            bar.set_postfix(loss=f"{loss:.3f}", best=f"{self.state['best']:.4f}", refresh=False)
            if within == 0 and (epoch % stage.validate_every == 0 or epoch == stage.epochs):
                self._validate(index, epoch, loss)
                network.train()
            if within == 0 or self.state["step"] % self.recipe.checkpoint_every == 0:
                self.state["seconds"] += time.monotonic() - started
                started = time.monotonic()
                save_checkpoint(self.folder / CHECKPOINT, self.modules, optimizer, self.state)

    def _step(
        self, forward: Callable, optimizer: Optimizer, images: Tensor, targets: Tensor
    ) -> float:
        images = images.to(self.device, memory_format=torch.channels_last)
        targets = targets.to(self.device)

        def closure() -> float:
            optimizer.zero_grad()
            with self._autocast():
                output = forward(images)
            loss = total_loss(output, targets, self.recipe, self.prior)
            loss.backward()
            return loss.item()

        loss = closure()
        if not math.isfinite(loss):
            raise DataError("The loss is no longer finite: start a new run with a lower lr.")
        if isinstance(optimizer, SAM):
            optimizer.step(closure)
        else:
            optimizer.step()
        return loss

    def _validate(self, index: int, epoch: int, loss: float) -> None:
        stage = self.recipe.stages[index]
        judged = self.average.module if self.average else self.model
        logits = self.predict(part(judged, stage), self.validation, stage.size)
        overall, mean_class = accuracies(logits.argmax(1), self.validation.labels)
        row = {"stage": stage.name, "epoch": epoch, "loss": loss}
        row |= {"overall_accuracy": overall, "mean_class_accuracy": mean_class}
        self.state["history"].append(row)
        tqdm.write(
            f"{stage.name} epoch {epoch}: {overall:.4f} overall, {mean_class:.4f} mean-class"
        )
        # Both kinds of accuracy count alike, or rare emotions would not matter to the choice.
        score = (overall + mean_class) / 2
        if index == len(self.recipe.stages) - 1 and score > self.state["best"]:
            self.state["best"] = score
            weights = {f"model.{n}": t for n, t in judged.state_dict().items()}
            save_tensors(self.folder / BEST, weights, row)

    @torch.inference_mode()
    def predict(self, network: nn.Module, faces: LabelledFaces, size: int) -> NDArray[np.float32]:
        """Logits N×7 of every face, in evaluation mode."""
        network.eval()

        def logits(crops: list[Image.Image]) -> NDArray[np.float32]:
            batch = to_batch(crops, size, IMAGENET_MEAN, IMAGENET_STD)
            batch = batch.to(self.device, memory_format=torch.channels_last)
            with self._autocast():
                return network(batch).float().cpu().numpy()

        return predict_split(logits, faces)

    def _autocast(self) -> torch.autocast:
        bf16 = self.recipe.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bf16)


def part(model: nn.Module, stage: Stage) -> nn.Module:
    """The part of a model that a stage trains: its parameters are the model's own."""
    if stage.network == "whole":
        return model
    if not isinstance(model, DDAMFN):
        raise DataError("Only DDAMFN has a backbone stage: set network to whole.")
    return BackboneClassifier(model)


def make_optimizer(model: nn.Module, stage: Stage) -> Optimizer:
    """The stage's optimiser; weight decay spares biases, PReLU slopes and batch normalisation."""
    kinds: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
        "adamw": (AdamW, {}),
        "adam": (Adam, {}),
        "sgd": (SGD, {"momentum": 0.9}),
    }
    kind, options = kinds[stage.optimizer]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in model.parameters() if p.ndim > 1]},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    options |= {"lr": stage.lr, "weight_decay": stage.weight_decay}
    if stage.sam_rho:
        return SAM(groups, kind, rho=stage.sam_rho, **options)
    return kind(groups, **options)


def set_learning_rate(optimizer: Optimizer, stage: Stage, step: int, total: int) -> None:
    """Set the rate of a step; it depends on the step alone, so a resumed run needs no scheduler."""
    epoch = step * stage.epochs // total
    factors = {
        "one-cycle": _one_cycle(step / total),
        "step": 0.1 ** (epoch // 10),
        "exponential": 0.9**epoch,
    }
    for group in optimizer.param_groups:
        group["lr"] = stage.lr * factors[stage.schedule]


def _one_cycle(progress: float, warmup: float = 0.15) -> float:
    if progress < warmup:
        return 0.04 + 0.96 * progress / warmup
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) + 1e-3
