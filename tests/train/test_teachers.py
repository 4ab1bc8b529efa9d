"""A run that learns from models too: what they say of its faces becomes part of its targets."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import tiny_recipe, write_split, write_untrained

import fer
from fer.data import load_split
from fer.errors import ModelError
from fer.models.config import TrainingData
from fer.models.records import read_training
from fer.networks.registry import build
from train.engine.losses import unlikeness
from train.engine.stage_network import WithFeatures
from train.engine.teachers import taught_features, taught_targets
from train.train import main


def pupil(teachers: list[Path]) -> str:
    """The recipe of a network that learns from these."""
    named = [folder.as_posix() for folder in teachers]
    more = f"teachers = {json.dumps(named)}\nteaching = 0.25"
    return tiny_recipe("pupil", "convnextv2_atto", more, faces=4, batch=2)


@pytest.fixture
def teachers(tmp_path):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        write_untrained(folder, TrainingData(f"faces of the {folder.name}", "own"))
    return folders


@pytest.fixture
def data(tmp_path):
    write_split(tmp_path / "data" / "train.parquet", 14)
    write_split(tmp_path / "data" / "validation.parquet", 7)
    return tmp_path / "data"


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_targets_are_votes_and_the_teachers_mean_answer(tmp_path, teachers, data, share):
    faces = load_split(data, "train")
    crops = [faces.image(row) for row in range(len(faces))]
    said = np.mean([fer.load(teacher).predict(crops) for teacher in teachers], axis=0)
    targets = taught_targets(faces, list(map(str, teachers)), share, tmp_path)
    np.testing.assert_allclose(targets, (1 - share) * faces.targets + share * said, atol=1e-5)
    assert targets.dtype == np.float32


def test_a_run_keeps_what_its_teachers_said(tmp_path, teachers, data):
    faces = load_split(data, "train")
    names = list(map(str, teachers))
    before = taught_targets(faces, names, 0.5, tmp_path)
    for teacher in teachers:
        shutil.rmtree(teacher)
    assert np.array_equal(taught_targets(faces, names, 0.5, tmp_path), before)
    with pytest.raises(ModelError, match="first"):
        taught_targets(faces, names, 0.5, data)  # another run's folder


def test_the_model_says_whom_it_learnt_from(tmp_path, teachers, data):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(pupil(teachers))
    assert main(["--data", str(data), "--out", str(out), "--recipe", str(recipe)]) == 0
    taught_by = read_training(out / "model").taught_by
    assert [one.training_data[0].name for one in taught_by] == [
        "faces of the first",
        "faces of the second",
    ]


FACES = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (FACES, True),
        (3 * FACES + 1, True),  # in other units, from another zero
        (FACES.flip(1).repeat(1, 2), True),  # other features that say the same
        (FACES.flip(0), False),
        (-FACES[:, :2], False),
    ],
)
def test_networks_are_alike_that_find_the_same_faces_alike(other, alike):
    assert (unlikeness(FACES, other) < 1e-10) == alike


@pytest.mark.parametrize("architecture", ["convnextv2_atto", "ddamfn", "face_resnet29"])
def test_features_are_the_mean_of_the_last_map(architecture):
    network, faces = build(architecture, 7).eval(), torch.randn(2, 3, 112, 112)
    last = network.last_map(faces)
    assert torch.equal(network.from_last_map(last), network(faces))
    output, features = WithFeatures(network)(faces)
    assert torch.equal(output, network(faces))
    assert torch.equal(features, last.mean((2, 3)))


@pytest.mark.parametrize("mixup", [0.0, 0.2])
def test_a_run_learns_which_faces_its_teacher_finds_alike(tmp_path, teachers, data, mixup):
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(pupil(teachers))
    sets = [f"--set=mixup={mixup}", "--set=stages.0.batch=4"]
    command = ["--data", str(data), "--recipe", str(recipe), *sets]
    assert main([*command, "--out", str(out)]) == 0
    assert main([*command, "--out", str(tmp_path / "more"), "--set", "alikeness=1.0"]) == 0
    faces = load_split(data, "train")
    features = taught_features(faces, "", tmp_path / "more")  # it has kept them
    assert features.shape == (len(faces), 320)
    without, taught = (
        read_training(folder / "model").history[0].loss for folder in (out, tmp_path / "more")
    )
    assert taught > without
