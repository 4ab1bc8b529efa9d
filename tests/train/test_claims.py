"""What a run says of its data comes from the data, not from its recipe."""

import numpy as np
import pytest

from fer.data import LabelledFaces
from train.engine import training_run
from train.engine.recipe import load_recipe
from train.train import RECIPES


class Started(Exception):
    """A run begins; its first argument is the recipe."""


def begin(recipe, *others):
    raise Started(recipe)


def test_own_photos_trained_with_the_recipe_of_ferplus_are_not_ferplus(tmp_path, monkeypatch):
    monkeypatch.setattr(training_run, "TrainingLoop", begin)
    labels = np.repeat(np.arange(7), 10)
    faces = LabelledFaces([], labels, np.eye(7, dtype=np.float32)[labels])
    recipe = load_recipe(RECIPES / "ferplus-ddamfn.toml")
    with pytest.raises(Started) as started:
        training_run.train_run(recipe, faces, faces, tmp_path)
    said = started.value.args[0].training_data
    assert said.name == "70 faces that are not the published FER+"
    assert said.licence_id == ""
