"""Two processes under `torchrun` train as one does on the same global batch, and stop as one."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from generated import write_split
from safetensors.torch import load_file
from serving import ROOT

from fer.data import load_split
from fer.errors import DataError
from train.convnext import main
from train.data.batches import training_batches
from train.engine.processes import make_accelerator
from train.engine.recipe import load_recipe

# ConvNeXt has no batch statistics, which would differ between a batch and its halves.
RECIPE = """
name = "tiny"
architecture = "convnextv2_atto"
balance = 0.5
ema = 0.9
training_data = { name = "generated", licence = "none needed" }

[[stages]]
name = "whole"
network = "whole"
size = 32
epochs = 5
validate_every = 5
batch = 14
lr = 1e-3
optimizer = "sgd"
sam_rho = 0.05
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_split(folder / "train.parquet", 42)
    write_split(folder / "validation.parquet", 14)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


# One of the processes is in a hurry.
ONE_STOPS = """
import os, sys
from train.convnext import main
sys.exit(main([*sys.argv[1:], "--minutes", "0.0001" if os.environ["RANK"] == "1" else "0"]))
"""
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
ACCELERATE = ["accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
ACCELERATE += [
    "--mixed_precision",
    "no",
    "--dynamo_backend",
    "no",
]


def launch(launcher: list[str], data: Path, out: Path) -> subprocess.CompletedProcess:
    """Train in two processes, if the launcher starts two, by the program that it ends with."""
    command = [sys.executable, "-m", *launcher, "--data", data, "--out", out]
    command += ["--recipe", data / "recipe.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, timeout=400
    )


def test_two_processes_train_as_one(data, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    recipe = ["--recipe", str(data / "recipe.toml")]
    assert main(["--data", str(data), "--out", str(one), *recipe]) == 0
    (tmp_path / "one_stops.py").write_text(ONE_STOPS)
    stopped = launch([*TORCHRUN, str(tmp_path / "one_stops.py")], data, two)
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout.count("the same command carries on") == 1
    assert not (two / "model").exists()
    finished = launch([*TORCHRUN, "-m", "train.convnext"], data, two)
    assert finished.returncode == 0, finished.stderr
    for done in (stopped, finished):
        assert "2 processes share every batch" in done.stdout
        assert done.stdout.count("train of ") == 2, "each of the two says what it has read"
    assert finished.stdout.count("The model is in") == 1, "both processes wrote the model"
    for name in ("checkpoint.safetensors", "model/model.safetensors"):
        expected, found = load_file(one / name), load_file(two / name)
        assert set(expected) == set(found)
        for key, tensor in expected.items():
            torch.testing.assert_close(found[key], tensor, rtol=2e-3, atol=2e-5, msg=key)


def test_a_launcher_that_starts_but_one_of_two_is_refused(data, tmp_path):
    done = launch([*ACCELERATE, "--module", "train.convnext"], data, tmp_path / "run")
    assert done.returncode != 0
    assert "accelerate launch starts a single process" in done.stderr
    assert "torchrun --nproc_per_node" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("environment", "gpus", "sentence"),
    [
        ({"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}, 1, r"1 GPUs for 2 .* to at most 1"),
        ({"WORLD_SIZE": "2"}, 0, r"2 processes were started and 1 train: .* torchrun"),
    ],
)
def test_processes_that_cannot_train_together(monkeypatch, environment, gpus, sentence):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    alone = SimpleNamespace(num_processes=1)
    monkeypatch.setattr("train.engine.processes.Accelerator", lambda **_: alone)
    monkeypatch.setattr("torch.cuda.device_count", lambda: gpus)
    with pytest.raises(DataError, match=sentence):
        make_accelerator()


def test_the_processes_share_every_batch(data):
    faces, recipe = load_split(data, "train"), load_recipe(data / "recipe.toml")
    whole = list(training_batches(faces, recipe, 0, 0, 0)[0])
    shares = [list(training_batches(faces, recipe, 0, 0, 0, process, 2)[0]) for process in (0, 1)]
    for (images, targets), even, odd in zip(whole, *shares, strict=True):
        assert torch.equal(images[0::2], even[0])
        assert torch.equal(images[1::2], odd[0])
        assert torch.equal(targets[1::2], odd[1])


def test_a_batch_that_cannot_be_shared_evenly_is_refused(data):
    faces, recipe = load_split(data, "train"), load_recipe(data / "recipe.toml")
    with pytest.raises(DataError, match=r"batch of 14 cannot be shared by 4 .* multiple of 4"):
        training_batches(faces, recipe, 0, 0, 0, 0, 4)
