"""Two processes under `accelerate launch` train as one does on the same global batch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from generated import write_split
from safetensors.torch import load_file

from fer.data import load_split
from fer.errors import DataError
from train.convnext import main
from train.data.batches import training_batches
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
epochs = 1
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


def launch(data: Path, out: Path) -> str:
    """Train in two processes and return what was printed."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_machines", "1"]
    command += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    command += ["--num_processes", "2", "--module", "train.convnext", "--data", data]
    command += ["--out", out, "--recipe", data / "recipe.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_processes_train_as_one(data, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    recipe = ["--recipe", str(data / "recipe.toml")]
    assert main(["--data", str(data), "--out", str(one), *recipe]) == 0
    printed = launch(data, two)
    assert printed.count("The model is in") == 1, "both processes wrote the model"
    for name in ("checkpoint.safetensors", "model/model.safetensors"):
        expected, found = load_file(one / name), load_file(two / name)
        assert set(expected) == set(found)
        for key, tensor in expected.items():
            torch.testing.assert_close(found[key], tensor, rtol=2e-3, atol=2e-5, msg=key)


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
