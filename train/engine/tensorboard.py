"""Watching a run: TensorBoard curves and a picture of its course, in the run's folder."""

import itertools
from pathlib import Path

import matplotlib
from torch.utils.tensorboard import SummaryWriter

from fer.models.records import EpochRecord

matplotlib.use("agg")  # no window, whatever machine this is
from matplotlib import pyplot

PICTURE = "learning_curve.png"
ACCURACIES = {"overall_accuracy": "#0072b2", "mean_class_accuracy": "#d55e00"}  # and their colours


class Curves:
    """The curves of one run; `tensorboard --logdir FOLDER` shows them while it goes on.

    Only the `main` one of several processes writes.
    """

    def __init__(self, folder: Path, main: bool):
        self.folder = folder
        self.writer = SummaryWriter(str(folder / "tensorboard")) if main else None

    def __enter__(self) -> "Curves":
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer:
            self.writer.close()

    def step(self, stage: str, step: int, loss: float, rate: float) -> None:
        """Add a training step."""
        if self.writer:
            self.writer.add_scalar(f"{stage}/loss", loss, step)
            self.writer.add_scalar(f"{stage}/learning rate", rate, step)

    def epoch(self, history: list[EpochRecord]) -> None:
        """Add the last row of a run's history, and draw the picture of all of it anew."""
        if self.writer:
            row = history[-1]
            for name in ACCURACIES:
                self.writer.add_scalar(f"{row.stage}/{name}", getattr(row, name), row.epoch)
            draw(history, self.folder / PICTURE)


def draw(history: list[EpochRecord], path: Path) -> None:
    """Draw loss and validation accuracy over the epochs of all stages, a dotted line between."""
    epochs = range(1, len(history) + 1)
    figure, (losses, rates) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    losses.plot(epochs, [row.loss for row in history], "o-", color="#4a4a4a")
    losses.set(title="Training loss (mean of the epoch)", xlabel="epoch")
    for name, colour in ACCURACIES.items():
        label = name.replace("_", " ").replace("mean class", "mean-class")
        percent = [100 * getattr(row, name) for row in history]
        rates.plot(epochs, percent, "o-", color=colour, label=label)
    rates.set(title="On validation, %", xlabel="epoch")
    rates.legend(loc="lower right", frameon=False)
    for axes in (losses, rates):
        axes.xaxis.get_major_locator().set_params(integer=True)
        for epoch, (before, after) in enumerate(itertools.pairwise(history), 1):
            if before.stage != after.stage:
                axes.axvline(epoch + 0.5, color="#999999", linestyle=":")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
