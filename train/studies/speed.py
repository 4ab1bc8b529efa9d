"""Images a second of training, and how two checkouts of the project compare in it."""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from fer.data import LabelledFaces, load_split
from fer.errors import DataError
from fer.evaluation.provenance import commit, hardware, versions
from fer.models.records import named_commit
from train.data.batches import training_batches
from train.engine.device import quick_arithmetic
from train.engine.optimizer import make_optimizer
from train.engine.recipe import Recipe, load_recipe
from train.engine.stage_network import part
from train.engine.training_loop import TrainingLoop

ROOT = Path(__file__).parent.parent.parent
RECORD = ROOT / "train" / "speed.json"
README = ROOT / "train" / "README.md"
BEGIN, END = "<!-- speed: made by `python -m train.bench` -->", "<!-- end of speed -->"
ROUNDS = 2  # each checkout's better one counts: the one less disturbed by others
SECONDS = 15.0  # of each measurement
SETTLING = 5  # steps before it on a GPU
# What train/README.md advises: a process keeps the memory that it frees.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "8589934592", "MALLOC_TRIM_THRESHOLD_": "8589934592"}


@dataclass(frozen=True)
class Speed:
    """Images a second of one stage of a recipe."""

    recipe: str
    stage: str
    size: int
    loader: float  # alone
    step: float  # alone: forward, backward, optimiser, moving average
    both: float
    hours: float | None = None  # that the stage takes at this speed, without validation


@dataclass(frozen=True)
class Comparison:
    """The speeds of two checkouts on one machine, stage by stage in the same order."""

    hardware: str
    torch: str
    date: str
    commit_before: str
    commit_now: str
    before: list[Speed]
    now: list[Speed]


def measure_all(data: str, recipes: Sequence[str]) -> list[Speed]:
    """The speeds of every stage of some recipes, TOML files, on the train split of the data."""
    torch.set_num_threads(1)
    loaded = [load_recipe(path) for path in recipes]
    faces = load_split(data, "train", labels=loaded[0].label_set)
    return [
        measure(recipe, index, faces) for recipe in loaded for index in range(len(recipe.stages))
    ]


def measure(recipe: Recipe, index: int, faces: LabelledFaces) -> Speed:
    """The speed of one stage: on a GPU by the clock on the wall, for workers and it compute at
    once; else by the time that this process gets, so that others on the machine hardly matter."""
    stage = recipe.stages[index]
    loop = TrainingLoop(recipe, faces, faces, Path(), None, math.inf)
    on_gpu = loop.device.type == "cuda"
    clock = time.perf_counter if on_gpu else time.process_time
    network = loop.accelerator.prepare_model(part(loop.model, stage)).train()
    forward = torch.compile(network, dynamic=False) if loop.compiled else network
    optimizer = make_optimizer(loop.model, stage)
    batches = endless_batches(loop, index)
    batch = next(batches)

    def rate(work: Callable[[], object]) -> float:
        for _ in range(SETTLING if on_gpu else 1):  # without the clock: set up, compiled, tried
            work()
        if on_gpu:
            torch.cuda.synchronize()
        begun, steps = clock(), 0
        while clock() - begun < SECONDS:
            work()
            steps += 1
        if on_gpu:
            torch.cuda.synchronize()
        return steps * len(batch[0]) / (clock() - begun)

    with quick_arithmetic(loop.device):
        loader = rate(lambda: next(batches))
        step = rate(lambda: loop.step(forward, optimizer, *batch))
        both = rate(lambda: loop.step(forward, optimizer, *next(batches)))
    hours = stage.epochs * (stage.faces or len(faces)) / both / 3600
    return Speed(recipe.name, stage.name, stage.size, loader, step, both, hours)


def endless_batches(loop: TrainingLoop, index: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of a stage, over and over."""
    while True:
        yield from training_batches(
            loop.train, loop.recipe, index, 0, loop.workers, device=loop.device
        )[0]


def compare(before: Path, data: str, recipes: Sequence[str]) -> Comparison:
    """Measure another checkout and this one in turns; recipes are found in each by their path.

    Raises `DataError` when one of them cannot be measured.
    """
    checkouts = {before.resolve(): list[Speed](), ROOT: list[Speed]()}
    if len(checkouts) == 1:
        raise DataError("--before is this very checkout: make another with git worktree add.")
    if not (before / "train" / "bench.py").is_file():
        raise DataError(f"{before} holds no train/bench.py: give a checkout of this project.")
    for recipe in recipes:
        rounds = [[_measured(path, data, recipe) for path in checkouts] for _ in range(ROUNDS)]
        for speeds, of_rounds in zip(checkouts.values(), zip(*rounds, strict=True), strict=True):
            speeds += [_best(same) for same in zip(*of_rounds, strict=True)]
    return Comparison(
        hardware(),
        versions()["torch"],
        date.today().isoformat(),
        _commit(before),
        commit(),
        *checkouts.values(),
    )


def _measured(checkout: Path, data: str, recipe: str) -> list[Speed]:
    """What a checkout says of its own speed."""
    place = str(Path(data).resolve()) if Path(data).exists() else data
    command = [sys.executable, "-m", "train.bench", "--json", "--recipe", recipe, "--data", place]
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**os.environ, **KEEP_MEMORY, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:]
        raise DataError(f"The checkout {checkout} cannot be measured: {' '.join(reason)}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=list[Speed])


def _best(speeds: Sequence[Speed]) -> Speed:
    first = speeds[0]
    figures = {
        name: max(getattr(speed, name) for speed in speeds) for name in ("loader", "step", "both")
    }
    return Speed(first.recipe, first.stage, first.size, **figures)


def _commit(checkout: Path) -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True).stdout.strip()


def as_json(speeds: Sequence[Speed]) -> str:
    """Speeds as one line, for the checkout that asks."""
    return json.dumps([asdict(speed) for speed in speeds])


def table(speeds: Sequence[Speed]) -> str:
    """Speeds as a Markdown table, with the hours that training takes by them."""
    hours = sum(speed.hours or 0.0 for speed in speeds)
    rows = [
        f"| {_name(speed)} | {speed.loader:.0f} | {speed.step:.1f} | {speed.both:.1f} | "
        f"{speed.hours or 0.0:.2f} |"
        for speed in speeds
    ]
    head = [
        "| images a second | loader alone | step alone | both | hours |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, f"| all of them | | | | {hours:.2f} |"])


def comparison_table(comparison: Comparison) -> str:
    """A comparison as a Markdown table, under the sentence that says what was measured."""
    rows = [
        f"| {_name(now)} | {before.loader:.0f} → {now.loader:.0f} | "
        f"{before.step:.1f} → {now.step:.1f} | {before.both:.1f} → {now.both:.1f} | "
        f"{100 * (now.both / before.both - 1):+.0f} % |"
        for before, now in zip(comparison.before, comparison.now, strict=True)
    ]
    return "\n".join(
        [
            "Images a second, before → now, on one core by the time that the process itself got "
            f"({comparison.hardware}, torch {comparison.torch}, {comparison.date}; commits "
            f"{named_commit(comparison.commit_before, 12)} and "
            f"{named_commit(comparison.commit_now, 12)} in turns):",
            "",
            "| recipe, stage | loader alone | step alone | both | gain |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _name(speed: Speed) -> str:
    return f"{speed.recipe}, {speed.stage} at {speed.size}"


def write(comparison: Comparison) -> Path:
    """Keep a comparison and make the table in train/README.md anew; where that is."""
    RECORD.write_text(json.dumps(asdict(comparison), indent=2) + "\n", encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    return README


def with_table(text: str) -> str:
    """A text with the table of the comparison that was kept, between the lines that mark it."""
    comparison = msgspec.json.decode(RECORD.read_bytes(), type=Comparison)
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{comparison_table(comparison)}\n{END}{after}"
