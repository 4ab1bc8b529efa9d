"""The training loop: stages, checkpoints, validation, choice of the best weights.

One process or, under `torchrun`, several: each then trains on its share of every batch, gradients
are averaged before each of SAM's two steps, and the first process alone judges and saves. Nothing
that a step does waits for a GPU: losses are looked at a few steps later.
"""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.evaluation.metrics import accuracies
from fer.models.records import EpochRecord
from fer.networks.registry import build
from train.data.augmentation import mixup, seeded
from train.data.batches import training_batches
from train.data.recut import cuts
from train.engine.checkpoint import (
    VERSION,
    RunState,
    read_checkpoint,
    read_tensors,
    restore_modules,
    restore_optimizer,
    save_checkpoint,
    save_tensors,
)
from train.engine.device import compiles, default_workers, quick_arithmetic
from train.engine.initialize import initialize, origin, timms_weights
from train.engine.interruption import OutOfTime
from train.engine.judge import Judge
from train.engine.losses import total_loss
from train.engine.moving_average import update_average
from train.engine.optimizer import make_optimizer, set_learning_rate, take_step
from train.engine.precision import autocast, settled
from train.engine.processes import in_any, make_accelerator
from train.engine.recipe import Recipe
from train.engine.stage_network import WithFeatures, part, require_possible
from train.engine.teachers import taught_features, taught_targets
from train.engine.tensorboard import Curves

CHECKPOINT = "checkpoint.safetensors"
BEST = "best.safetensors"
DROPOUT = 1  # tells its random numbers from those of mixup
STEPS_UNSEEN = 10  # at most, before their losses are looked at


class TrainingLoop:
    """The training of a run in a folder; `run()` starts it or carries on from its last checkpoint.

    It stops, with a checkpoint, after the `deadline` of `time.monotonic()`.
    """

    def __init__(
        self,
        recipe: Recipe,
        train: LabelledFaces,
        validation: LabelledFaces,
        folder: Path,
        workers: int | None,
        deadline: float,
    ):
        self.train = train
        self.validation = validation
        self.folder = folder
        self.deadline = deadline
        self.accelerator = make_accelerator()
        self.device = self.accelerator.device
        self.workers = default_workers(self.device) if workers is None else workers
        self.precision = settled(recipe.precision, self.device)
        recipe = replace(recipe, precision=self.precision)
        self.recipe = recipe
        self.compiled = recipe.compile and compiles(self.device)
        self.judge = Judge(validation, recipe.architecture, self.precision, self.device)
        torch.manual_seed(recipe.seed)
        size = recipe.stages[-1].size
        model = build(recipe.architecture, train.targets.shape[1], recipe.pretrained, size)
        if recipe.start:
            initialize(model, recipe.architecture, recipe.start, train)
        if self.accelerator.num_processes > 1 and self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        # torch's own types know this argument of `to` from 2.14 on.
        model = model.to(self.device).to(memory_format=torch.channels_last)  # type: ignore
        self.model: nn.Module = model
        self.modules: dict[str, nn.Module] = {"model": self.model}
        self.average = copy.deepcopy(self.model) if recipe.ema else None
        if self.average:
            self.modules["average"] = self.average
        # Gradients of fp16 would vanish unless losses were scaled.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        counts = torch.from_numpy(train.class_counts()).float()
        self.prior = (counts / counts.sum()).to(self.device)
        self.state = RunState(
            recipe=recipe, train=train.digest, validation=validation.digest, version=VERSION
        )
        if recipe.start:  # now, for the folder may hold another model by the time the run ends
            self.state.started_from = origin(recipe.start)
        elif recipe.pretrained:
            self.state.started_from = timms_weights(recipe.architecture)
        self.state.taught_by = [origin(teacher) for teacher in recipe.teachers]

    def run(self) -> RunState:
        """Run every stage, leave the last one's best weights in the model, return the state.

        Raises `OutOfTime` when the deadline is over, `DataError` when the run cannot go on.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = self._resume()
        require_possible(self.model, self.recipe, len(self.train), self.accelerator.num_processes)
        with self.accelerator.main_process_first():  # which leaves its answers for the others
            if self.recipe.teachers:
                targets = taught_targets(
                    self.train, self.recipe.teachers, self.recipe.teaching, self.folder
                )
                self.train = replace(self.train, targets=targets)
            self.cuts = cuts(self.train, self.folder) if self.recipe.augmentation.recut else None
            self.features = None
            if self.recipe.alikeness:
                self.features = taught_features(self.train, self.recipe.teachers[0], self.folder)
        main = self.accelerator.is_main_process
        with Curves(self.folder, main) as self.curves, quick_arithmetic(self.device):
            for index in range(self.state.stage, len(self.recipe.stages)):
                optimizer = make_optimizer(self.model, self.recipe.stages[index])
                if tensors is not None:
                    restore_modules(tensors, self.modules)
                    restore_optimizer(tensors, optimizer)
                    tensors = None
                else:
                    self.state = replace(self.state, stage=index, step=0, loss_sum=0.0)
                self._train_stage(index, optimizer)
        self.accelerator.wait_for_everyone()
        best, _ = read_tensors(self.folder / BEST)
        restore_modules(best, {"model": self.model})
        return self.state

    def _resume(self) -> dict[str, Tensor] | None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        tensors, state = read_checkpoint(path)
        if state.version != VERSION:
            raise DataError(
                f"{self.folder} holds a run of another version of this program, which draws other "
                "batches: finish it with that one, or choose a new --out."
            )
        if state.recipe.precision != self.recipe.precision:
            raise DataError(
                f"{self.folder} holds a run in {state.recipe.precision}: carry on with "
                f"--set 'precision=\"{state.recipe.precision}\"', or choose a new --out."
            )
        # A stage may be changed until it begins.
        if state.recipe.until(state.stage) != self.recipe.until(state.stage):
            raise DataError(f"{self.folder} holds a run of another recipe: choose a new --out.")
        for split in ("train", "validation"):
            if getattr(state, split) != getattr(self.state, split):
                raise DataError(
                    f"{self.folder} holds a run on other {split} faces: choose a new --out."
                )
        if state.scaler:
            self.scaler.load_state_dict(state.scaler)
        self.state = replace(state, recipe=self.recipe)
        return tensors

    def _train_stage(self, index: int, optimizer: Optimizer) -> None:
        stage = self.recipe.stages[index]
        loader, steps_per_epoch = training_batches(
            self.train,
            self.recipe,
            index,
            self.state.step,
            self.workers,
            self.accelerator.process_index,
            self.accelerator.num_processes,
            self.device,
            self.cuts,
            self.features,
        )
        total = steps_per_epoch * stage.epochs
        trained = part(self.model, stage)
        if self.recipe.alikeness:
            trained = WithFeatures(trained)
        network = self.accelerator.prepare_model(trained)
        # A stage has faces of one size; left to guess after another stage, torch would fail.
        forward = torch.compile(network, dynamic=False) if self.compiled else network
        main = self.accelerator.is_main_process
        done = self.state.step
        bar = tqdm(loader, stage.name, total, initial=done, dynamic_ncols=True, disable=not main)
        network.train()
        state = self.state
        recent: list[tuple[Tensor, float]] = []
        started = time.monotonic()
        for images, targets in bar:
            rate = set_learning_rate(optimizer, stage, state.step, total)
            recent.append((self.step(forward, optimizer, images, targets), rate))
            state.step += 1
            epoch, within = divmod(state.step, steps_per_epoch)
            looking = within == 0 or state.step % STEPS_UNSEEN == 0  # in all processes alike
            stopping = self._out_of_time(looking) and state.step < total
            saving = stopping or state.step == total or self._checkpoint_is_due(started)
            if looking or saving:
                loss = self._note_losses(stage.name, recent)
                recent.clear()
                bar.set_postfix(loss=f"{loss:.3f}", best=f"{state.best:.4f}", refresh=False)
            if within == 0:
                if main and (epoch % stage.validate_every == 0 or epoch == stage.epochs):
                    # The weights that were kept and the checkpoint that knows of them belong
                    # together.
                    saving |= self._validate(index, epoch, state.loss_sum / steps_per_epoch)
                state.loss_sum = 0.0
                network.train()
            if saving:
                state.seconds += time.monotonic() - started
                started = time.monotonic()
                if main:
                    state.scaler = self.scaler.state_dict() or None
                    path = self.folder / CHECKPOINT
                    save_checkpoint(path, self.modules, optimizer, state)
            if stopping:
                raise OutOfTime

    def _out_of_time(self, looking: bool) -> bool:
        """Whether to stop after this step: several processes agree on it when they look."""
        over = time.monotonic() > self.deadline
        if self.accelerator.num_processes == 1:
            return over
        return looking and in_any(self.accelerator, over)

    def _checkpoint_is_due(self, saved: float) -> bool:
        return time.monotonic() - saved >= 60 * self.recipe.checkpoint_minutes

    def step(
        self, forward: Callable, optimizer: Optimizer, images: Tensor, targets: Tensor
    ) -> Tensor:
        """One step on images B×3×S×S and targets B×7 or B×(7+F), the moving average's too; its
        loss, which is left where it is, for to look at it would make a GPU wait."""
        images = images.contiguous(memory_format=torch.channels_last)
        place = (self.state.stage, self.state.step, self.accelerator.process_index)
        if self.recipe.mixup:
            images, targets = mixup(images, targets, self.recipe.mixup, self.recipe.seed, *place)

        def closure() -> Tensor:
            optimizer.zero_grad()
            with autocast(self.precision, self.device):
                output = forward(images)
            loss = total_loss(output, targets, self.recipe, self.prior)
            self.accelerator.backward(self.scaler.scale(loss))
            return loss.detach()

        with seeded(self.recipe.seed, *place, DROPOUT):
            loss = take_step(optimizer, closure, self.scaler)
        if self.average:
            first = self.state.stage == 0 and self.state.step == 0
            update_average(self.average, self.model, self.recipe.ema, first)
        return loss

    def _note_losses(self, stage: str, recent: list[tuple[Tensor, float]]) -> float:
        """Add the losses and rates of the last steps to state and curves; the last loss.

        It goes before every checkpoint, so that none is saved of a run that has failed.
        """
        losses = torch.stack([loss for loss, _ in recent]).tolist()
        first = self.state.step - len(recent) + 1
        for step, (loss, (_, rate)) in enumerate(zip(losses, recent, strict=True), first):
            if not math.isfinite(loss):
                raise DataError("The loss is no longer finite: start a new run with a lower lr.")
            self.state.loss_sum += loss
            self.curves.step(stage, step, loss, rate)
        return losses[-1]

    def _validate(self, index: int, epoch: int, loss: float) -> bool:
        """Judge the network on validation; whether its weights are the best and were kept."""
        stage = self.recipe.stages[index]
        judged = self.average or self.model
        logits = self.judge.logits(part(judged, stage), stage.size)
        overall, mean_class = accuracies(logits.argmax(1), self.validation.labels)
        row = EpochRecord(stage.name, epoch, loss, overall, mean_class)
        self.state.history.append(row)
        self.curves.epoch(self.state.history)
        tqdm.write(
            f"{stage.name} epoch {epoch}: {overall:.4f} overall, {mean_class:.4f} mean-class"
        )
        # Both kinds of accuracy count alike, or rare emotions would not matter to the choice.
        score = (overall + mean_class) / 2
        if index < len(self.recipe.stages) - 1 or score <= self.state.best:
            return False
        self.state.best = score
        weights = {f"model.{n}": t for n, t in judged.state_dict().items()}
        save_tensors(self.folder / BEST, weights, asdict(row))
        return True
