"""Training: a kill at any moment changes nothing, and a run ends in a model that answers."""

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from generated import write_split
from PIL import Image
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import fer
from fer.data import load_split
from fer.errors import DataError
from fer.models.records import read_training
from fer.networks.ddamfn import DDAMFN
from train.engine.checkpoint import read_tensors, save_tensors
from train.engine.training_loop import CHECKPOINT
from train.train import main

TINY = """
name = "tiny"
balance = 0.5
ema = 0.9
checkpoint_minutes = 0
training_data = { name = "generated", licence = "none needed" }

[[stages]]
name = "backbone"
network = "backbone"
size = 32
epochs = 2
faces = 4
batch = 2
lr = 1e-3

[[stages]]
name = "whole"
network = "whole"
size = 112
epochs = 1
faces = 4
batch = 2
lr = 1e-3
sam_rho = 0.05
"""

SMALL_CONVNEXT = [
    "architecture='convnextv2_atto'",
    "stages.1.size=64",
    "stages.1.sam_rho=0.0",
    "stages.0.network='whole'",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_split(folder / "train.parquet", 14)
    write_split(folder / "validation.parquet", 7)
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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in the processes of `start`: sums in another order would differ in their last bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_killed_and_resumed_run_equals_an_unbroken_one(data, tmp_path, one_thread):
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    for moment in [(0, 3), (1, 1)]:  # in the first stage, and between steps of SAM
        run = start(data, broken)
        while state_of(broken) < moment:
            assert run.poll() is None, run.stdout.read().decode()
            time.sleep(0.1)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert not (broken / "model").exists(), "the run had ended before the kill"
    for out in (broken, unbroken):
        arguments = ["--data", str(data), "--out", str(out)]
        arguments += ["--recipe", str(data / "recipe.toml")]
        assert main(arguments) == 0
    for name in ("model.safetensors", "config.json"):
        assert (broken / "model" / name).read_bytes() == (unbroken / "model" / name).read_bytes()
    trained, untrained = load_file(unbroken / "model" / "model.safetensors"), DDAMFN().state_dict()
    assert set(trained) == set(untrained)
    assert (unbroken / "model" / "model.safetensors").stat().st_size < 9_000_000


def test_what_a_step_draws_is_the_same_after_a_stop(data, tmp_path, one_thread):
    """This network drops features at random, and mixup blends faces."""
    arguments = ["--data", str(data), "--recipe", str(data / "recipe.toml")]
    overrides = ["architecture='face_resnet29'", "mixup=0.5", "ema=0.0", "stages.0.network='whole'"]
    for override in [*overrides, "stages.0.size=150", "stages.1.size=150", "stages.1.faces=2"]:
        arguments += ["--set", override]
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    assert main([*arguments, "--out", str(unbroken)]) == 0
    assert main([*arguments, "--out", str(broken), "--minutes", "0.0001"]) == 0
    assert main([*arguments, "--out", str(broken)]) == 0
    weights = [(out / "model" / "model.safetensors").read_bytes() for out in (unbroken, broken)]
    assert weights[0] == weights[1]


def test_a_run_in_fp16_carries_on_with_the_scale_of_its_losses(
    data, tmp_path, one_thread, monkeypatch
):
    """From a scale that suits these faces, or these few steps would all be left out."""
    scaler = functools.partial(torch.amp.GradScaler, init_scale=128.0)
    monkeypatch.setattr("torch.amp.GradScaler", scaler)
    arguments = ["--data", str(data), "--recipe", str(data / "recipe.toml")]
    overrides = ["precision='fp16'", *SMALL_CONVNEXT[:2], SMALL_CONVNEXT[3]]  # a stage has SAM
    for override in overrides:
        arguments += ["--set", override]
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    assert main([*arguments, "--out", str(unbroken)]) == 0
    assert main([*arguments, "--out", str(broken), "--minutes", "0.0001"]) == 0
    assert main([*arguments, "--out", str(broken)]) == 0
    checkpoints = [read_tensors(out / CHECKPOINT) for out in (unbroken, broken)]
    scalers = [state["scaler"] for _, state in checkpoints]
    assert scalers[0] == scalers[1]
    assert scalers[0]["_growth_tracker"] == 6, "a step was left out, or not counted"
    for name, tensor in checkpoints[0][0].items():
        assert torch.equal(tensor, checkpoints[1][0][name]), name


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["stages.1.size=64"], r"ddamfn cannot work on faces of 64 .* stages.1.size .* 112"),
        (["stages.1.batch=1"], r"cannot learn from one face .* stages.1.batch to at least 2"),
        (["stages.0.faces=1"], r"cannot learn from one face .* stages.0.batch to at least 2"),
        (["architecture='convnextv2_atto'"], "Only DDAMFN has a backbone stage"),
    ],
)
def test_a_stage_that_cannot_be_is_refused_before_the_first(
    data, tmp_path, capsys, overrides, sentence
):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    for override in overrides:
        arguments += ["--set", override]
    assert main(arguments) == 2
    assert re.search(sentence, capsys.readouterr().err)
    assert not (tmp_path / CHECKPOINT).exists()


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


def test_a_run_stops_when_its_minutes_are_over_and_carries_on(data, tmp_path, capsys):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--set", "stages.1.faces=2"]
    assert main([*arguments, "--minutes", "0.0001"]) == 0
    assert state_of(tmp_path) == (0, 1)
    assert "the same command carries on" in capsys.readouterr().out
    assert not (tmp_path / "model").exists()
    assert main(arguments) == 0
    assert state_of(tmp_path) == (1, 1)
    assert (tmp_path / "model" / "training.json").exists()
    assert Image.open(tmp_path / "learning_curve.png").size[0] > 500
    assert list((tmp_path / "tensorboard").iterdir())
    record = json.loads((tmp_path / "model" / "training.json").read_text())
    assert [row["epoch"] for row in record["history"]] == [1, 2, 1]
    assert record["validation"] == load_split(data, "validation").digest
    recipe = read_training(tmp_path / "model").recipe
    assert [stage.sam_rho for stage in recipe.stages] == [0.0, 0.05]


def test_a_run_of_an_earlier_version_carries_on(data, tmp_path):
    """Its recipe had settings that are gone, lacked newer ones, and said less of the data."""
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--minutes", "0.0001"]
    assert main(arguments) == 0
    tensors, state = read_tensors(tmp_path / CHECKPOINT)
    del state["recipe"]["logit_adjustment"], state["recipe"]["training_data"]["licence_id"]
    state["recipe"]["adjust"] = False
    state["surplus"] = 1
    save_tensors(tmp_path / CHECKPOINT, tensors, state)
    assert main([*arguments, "--set", "training_data.licence_id='cc0-1.0'"]) == 0
    assert state_of(tmp_path) == (0, 2)


def test_a_run_that_drew_its_batches_otherwise_does_not_carry_on(data, tmp_path, capsys):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--minutes", "0.0001"]
    assert main(arguments) == 0
    tensors, state = read_tensors(tmp_path / CHECKPOINT)
    del state["version"]  # as it was before versions were counted
    save_tensors(tmp_path / CHECKPOINT, tensors, state)
    assert main(arguments) == 2
    assert "another version of this program" in capsys.readouterr().err


def test_a_run_keeps_the_precision_that_it_began_in(data, tmp_path, capsys, monkeypatch):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--minutes", "0.0001", "--set", "precision='auto'"]
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: False)
    assert main(arguments) == 0
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)  # another machine
    assert main(arguments) == 2
    assert """carry on with --set 'precision="fp32"'""" in capsys.readouterr().err
    assert main([*arguments, "--set", 'precision="fp32"']) == 0
    assert state_of(tmp_path) == (0, 2)


def test_every_loss_is_noted_though_few_are_looked_at_at_once(data, tmp_path):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    overrides = ["checkpoint_minutes=5", "stages.0.faces=24", "stages.0.epochs=1"]
    for override in [*overrides, *SMALL_CONVNEXT]:
        arguments += ["--set", override]
    assert main(arguments) == 0
    curves = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    events = curves.Scalars("backbone/loss")
    assert [event.step for event in events] == list(range(1, 13))
    first_epoch, _ = read_training(tmp_path / "model").history
    mean = sum(event.value for event in events) / len(events)
    assert first_epoch.loss == pytest.approx(mean, rel=1e-6)


def test_a_run_that_diverges_ends_without_a_checkpoint_of_it(data, tmp_path, capsys):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    assert main([*arguments, "--set", "checkpoint_minutes=5", "--set", "stages.0.lr=1e30"]) == 2
    assert "start a new run with a lower lr" in capsys.readouterr().err
    assert state_of(tmp_path) == (0, 0)


def test_a_run_does_not_carry_on_with_another_recipe(data, tmp_path, capsys):
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    arguments += ["--minutes", "0.0001"]
    assert main(arguments) == 0
    assert main([*arguments, "--set", "stages.0.lr=1"]) == 2
    assert "another recipe: choose a new --out" in capsys.readouterr().err
    assert main([*arguments, "--set", "stages.1.lr=1"]) == 0, "that stage has not begun"


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_run_does_not_carry_on_with_other_faces(data, tmp_path, capsys, split):
    arguments = ["--out", str(tmp_path / "run"), "--recipe", str(data / "recipe.toml")]
    assert main([*arguments, "--data", str(data), "--minutes", "0.0001"]) == 0
    other = shutil.copytree(data, tmp_path / "other")
    write_split(other / f"{split}.parquet", 21)
    assert main([*arguments, "--data", str(other)]) == 2
    assert f"on other {split} faces: choose a new --out" in capsys.readouterr().err


def test_convnext_trains_into_a_folder_that_answers_and_explains(data, tmp_path):
    *small, whole = SMALL_CONVNEXT
    arguments = ["--data", str(data), "--out", str(tmp_path), "--recipe", str(data / "recipe.toml")]
    for override in small:
        arguments += ["--set", override]
    assert main(arguments) == 2  # ConvNeXt has no backbone stage
    arguments += ["--set", whole]
    assert main([*arguments, "--set", "logit_adjustment=true"]) == 0
    recognizer = fer.load(tmp_path / "model")
    assert -1 <= recognizer.folder.training.shift <= 1
    photo = Image.effect_noise((64, 64), 90).convert("RGB")
    (face,) = recognizer(photo, aligned=True)
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert recognizer.explain(photo, face, "fear").size == photo.size
