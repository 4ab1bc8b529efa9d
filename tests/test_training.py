"""Training: a kill at any moment changes nothing, and every choice of a recipe is heard."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import write_split
from PIL import Image
from safetensors.torch import load_file

import fer
from fer.data import LabelledFaces, load_split
from fer.errors import DataError
from fer.models.ddamfn import DDAMFN
from train.batches import training_batches
from train.calibration import fit_temperature
from train.checkpoint import read_tensors, save_tensors
from train.command import main
from train.framing import is_grey
from train.loop import CHECKPOINT
from train.losses import attention_diversity, total_loss
from train.optimizer import make_optimizer, set_learning_rate
from train.recipe import Recipe, Stage, load_recipe

RECIPES = Path("train/recipes")

TINY = """
name = "tiny"
balance = 0.5
ema = 0.9
checkpoint_every = 1
training_data = { name = "generated", licence = "none needed" }

[[stages]]
name = "backbone"
network = "backbone"
size = 32
epochs = 2
batch = 7
lr = 1e-3

[[stages]]
name = "whole"
network = "whole"
size = 112
epochs = 1
batch = 7
lr = 1e-3
sam_rho = 0.05
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_split(folder / "train.parquet", 28)
    write_split(folder / "validation.parquet", 14)
    (folder / "recipe.toml").write_text(TINY)
    return folder


def start(data: Path, out: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "train.ddamfn", "--data", data, "--out", out]
    command += ["--recipe", data / "recipe.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        list(map(str, command)), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def state_of(out: Path) -> tuple[int, int]:
    """Stage and step of the last checkpoint, read through one handle: the run may replace it."""
    path = out / CHECKPOINT
    if not path.exists():
        return (0, 0)
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    state = json.loads(header["__metadata__"]["state"])
    return state["stage"], state["step"]


def test_killed_and_resumed_run_equals_an_unbroken_one(data, tmp_path):
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    whole = start(data, unbroken)
    for moment in [(0, 3), (1, 2)]:  # in the first stage, and between steps of SAM
        run = start(data, broken)
        while state_of(broken) < moment:
            assert run.poll() is None, run.stdout.read().decode()
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert not (broken / "model").exists(), "the run had ended before the kill"
    assert start(data, broken).wait() == 0
    assert whole.wait() == 0, whole.stdout.read().decode()
    for name in ("model.safetensors", "config.json"):
        assert (broken / "model" / name).read_bytes() == (unbroken / "model" / name).read_bytes()
    trained, untrained = load_file(unbroken / "model" / "model.safetensors"), DDAMFN().state_dict()
    assert set(trained) == set(untrained)
    assert (unbroken / "model" / "model.safetensors").stat().st_size < 9_000_000


def recipe(**changes) -> Recipe:
    stage = Stage("only", "whole", size=32, epochs=2, batch=4, lr=1e-3)
    return replace(Recipe("test", {"name": "", "licence": ""}, (stage,)), **changes)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("start_step", [0, 3, 9])
def test_batches_from_any_step_are_those_of_an_unbroken_run(data, start_step, workers):
    faces = load_split(data, "train")
    unbroken = list(training_batches(faces, recipe(), 0, 0, 0)[0])
    resumed = list(training_batches(faces, recipe(), 0, start_step, workers)[0])
    assert len(unbroken) == 14
    assert len(resumed) == 14 - start_step
    for (a, b), (c, d) in zip(unbroken[start_step:], resumed, strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


@pytest.mark.parametrize(("faces", "steps"), [(0, 14), (8, 4), (40, 20)])
def test_an_epoch_draws_as_many_faces_as_the_stage_says(data, faces, steps):
    stage = replace(recipe().stages[0], faces=faces)
    batches = training_batches(load_split(data, "train"), recipe(stages=(stage,)), 0, 0, 0)[0]
    assert len(list(batches)) == steps


def test_epochs_and_seeds_draw_differently(data):
    faces = load_split(data, "train")
    first, second = (list(training_batches(faces, recipe(seed=s), 0, 0, 0)[0]) for s in (0, 1))
    assert not torch.equal(first[0][0], second[0][0])
    assert not torch.equal(first[0][0], first[7][0])


def test_balance_draws_rare_emotions_more_often(data):
    faces = load_split(data, "train")
    rare = np.flatnonzero(faces.labels == 2)[1:]  # leave one face of disgust
    kept = np.setdiff1d(np.arange(len(faces)), rare)
    uneven = type(faces)(faces.images.select(kept), faces.labels[kept], faces.targets[kept])
    shares = {}
    for balance in (0.0, 1.0):
        drawn = [
            y.argmax(1) for _, y in training_batches(uneven, recipe(balance=balance), 0, 0, 0)[0]
        ]
        shares[balance] = (torch.cat(drawn) == 2).float().mean()
    assert shares[0.0] < 0.05 < 0.09 < shares[1.0]


def test_soft_labels_are_the_votes(data):
    faces = load_split(data, "train")
    assert faces.targets[0].tolist() == pytest.approx([8 / 9, 0, 0, 0, 0, 0, 1 / 9])
    _, hard = next(iter(training_batches(faces, recipe(soft_labels=False), 0, 0, 0)[0]))
    assert set(hard.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        ("one-cycle", 0, 0.04),
        ("one-cycle", 15, 1.0),
        ("one-cycle", 100, 0.0),
        ("exponential", 50, 0.9**10),
        ("step", 49, 1.0),
        ("step", 50, 0.1),
    ],
)
def test_learning_rate(schedule, step, expected):
    stage = Stage("s", "whole", 112, epochs=20, batch=4, lr=0.5, schedule=schedule)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
    set_learning_rate(optimizer, stage, step, total=100)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5 * expected, abs=1e-3)


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_every_optimizer_lowers_the_loss(kind, rho):
    model = torch.nn.Linear(4, 2)
    stage = Stage("s", "whole", 112, 1, 4, lr=0.05, optimizer=kind, sam_rho=rho)
    optimizer = make_optimizer(model, stage)
    inputs = torch.randn(16, 4)
    targets = torch.eye(2)[(inputs[:, 0] > 0).long()]

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        return loss

    before = closure().item()
    for _ in range(10):
        closure()
        optimizer.step(closure if rho else None)
    assert closure().item() < before


def test_diversity_is_pairs_over_the_sum_of_differences():
    maps = torch.zeros(2, 3, 4, 7, 7)
    maps[1] = 0.5
    assert attention_diversity(maps).item() == pytest.approx(1 / 0.25, rel=1e-4)
    logits, targets = torch.zeros(3, 7), torch.eye(7)[:3]
    prior = torch.full((7,), 1 / 7)
    plain = total_loss(logits, targets, recipe(), prior)
    assert (total_loss((logits, maps), targets, recipe(), prior) - plain).item() == pytest.approx(
        0.4, rel=1e-3
    )


@pytest.mark.parametrize(
    ("imbalance", "balance", "rare_costs_more"),
    [
        ("sampler", 1.0, False),  # left to the sampler
        ("class-balanced", 0.0, False),
        ("class-balanced", 1.0, True),
        ("logit-adjusted", 0.0, False),
        ("logit-adjusted", 1.0, True),
    ],
)
def test_imbalance_in_the_loss(imbalance, balance, rare_costs_more):
    prior = torch.tensor([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2])
    chosen = recipe(imbalance=imbalance, balance=balance)
    common, rare = (
        total_loss(torch.zeros(14, 7), torch.eye(7)[[0] * 7 + [c] * 7], chosen, prior)
        for c in (0, 1)
    )
    assert (rare > common + 0.01) == rare_costs_more


@pytest.mark.parametrize(("mode", "grey"), [("L", True), ("RGB", False)])
def test_grey_data_is_noticed(mode, grey):
    noise = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    pictures = [{"image": Image.fromarray(noise).convert(mode)}] * 3
    assert is_grey(LabelledFaces(pictures, np.zeros(3, int), np.eye(7)[:3])) == grey


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_recovered(temperature):
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (20_000, 7))
    noise = generator.gumbel(size=logits.shape)  # the largest noisy logit is a sample of softmax
    labels = (logits + noise).argmax(1)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_last_good_checkpoint_survives_a_full_disk(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.safetensors"
    save_tensors(path, {"model.a": torch.ones(2)}, {"step": 1})
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(DataError, match="No space left"):
        save_tensors(path, {"model.a": torch.zeros(2)}, {"step": 2})
    tensors, state = read_tensors(path)
    assert state == {"step": 1}
    assert tensors["model.a"].tolist() == [1, 1]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_load(path):
    assert Recipe.from_dict(load_recipe(path).to_dict()) == load_recipe(path)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("seed=7", None),
        ("stages.0.epochs=3", None),
        ("stages.9.epochs=3", "Cannot set"),
        ("stages.0.epochs=", "Cannot set"),
        ("sed=7", "no setting 'sed'"),
        ("augmentation.flop=1", "no setting 'flop'"),
    ],
)
def test_overrides(data, override, sentence):
    if sentence is None:
        assert load_recipe(data / "recipe.toml", [override]) != load_recipe(data / "recipe.toml")
        return
    with pytest.raises(DataError, match=sentence):
        load_recipe(data / "recipe.toml", [override])


def test_a_run_stops_when_its_minutes_are_over_and_carries_on(data, tmp_path, capsys):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--set", "stages.1.size=112", "--set", "stages.1.faces=7"]
    assert main("train", "unused", [*arguments, "--minutes", "0.0001"]) == 0
    assert state_of(tmp_path) == (0, 1)
    assert "the same command carries on" in capsys.readouterr().out
    assert not (tmp_path / "model").exists()
    assert main("train", "unused", arguments) == 0
    assert state_of(tmp_path) == (1, 1)
    assert (tmp_path / "model" / "training.json").exists()
    assert Image.open(tmp_path / "learning_curve.png").size[0] > 500
    assert list((tmp_path / "tensorboard").iterdir())
    record = json.loads((tmp_path / "model" / "training.json").read_text())
    assert [row["epoch"] for row in record["history"]] == [1, 2, 1]
    assert record["validation"] == load_split(data, "validation").digest


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_run_does_not_carry_on_with_other_faces(data, tmp_path, capsys, split):
    arguments = ["--out", str(tmp_path / "run"), "--recipe", str(data / "recipe.toml")]
    assert main("train", "", [*arguments, "--data", str(data), "--minutes", "0.0001"]) == 0
    other = shutil.copytree(data, tmp_path / "other")
    write_split(other / f"{split}.parquet", 21)
    assert main("train", "", [*arguments, "--data", str(other)]) == 2
    assert f"on other {split} faces: choose a new --out" in capsys.readouterr().err


def test_convnext_trains_into_a_folder_that_answers_and_explains(data, tmp_path):
    small = ["architecture='convnextv2_atto'", "stages.1.size=64", "stages.1.sam_rho=0.0"]
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    for override in small:
        arguments += ["--set", override]
    assert main("train", "unused", arguments) == 2  # ConvNeXt has no backbone stage
    arguments += ["--set", "stages.0.network='whole'"]
    assert main("train", "unused", arguments) == 0
    recognizer = fer.load(tmp_path / "model")
    photo = Image.effect_noise((64, 64), 90).convert("RGB")
    (face,) = recognizer(photo, aligned=True)
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert recognizer.explain(photo, face, "fear").size == photo.size
