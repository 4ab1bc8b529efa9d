"""The bundled models have names that stand for their folders everywhere."""

import json
from pathlib import Path

import numpy as np
import pytest

import fer
from fer.__main__ import main
from fer.models.bundled import BUNDLES, bundled_model
from fer.models.model_folder import open_model


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("ensemble", ["ddamfn", "convnextv2_atto", "face_resnet29"]),
        ("fast", ["face_resnet29"]),
    ],
)
def test_a_name_stands_for_a_bundled_model(name, networks, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    folder = open_model(name)
    assert folder.path == bundled_model(name)
    assert [network.config.architecture for network in folder.networks] == networks


@pytest.mark.parametrize(
    "arguments", [["--model", "fast"], []], ids=["command line", "environment"]
)
def test_the_commands_take_names_too(arguments, monkeypatch, portrait, capsys):
    monkeypatch.setenv("FER_MODEL", "fast")
    assert main([str(portrait), "--json", *arguments]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["faces"]
    (face,) = fer.load("fast")(portrait)
    assert answer["probabilities"] == pytest.approx(face.expressions, abs=1e-6)


def test_an_own_folder_comes_before_a_bundled_model(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast").mkdir()
    with pytest.raises(fer.ModelError, match="fast has no config"):
        fer.load("fast")
    with pytest.raises(fer.ModelError, match="There is no model folder ensemble"):
        fer.load(Path("ensemble"))


def test_film_is_not_read_by_whatever_is_called_fast_here(monkeypatch, tmp_path):
    (tmp_path / "fast").mkdir()
    monkeypatch.chdir(tmp_path)
    assert fer.load().hasty().folder.path == BUNDLES["fast"]


@pytest.mark.parametrize(
    ("model", "hasty"), [("ensemble", "fast"), ("fast", "fast"), ("ddamfn-ferplus", None)]
)
def test_film_is_read_by_the_fast_one_of_the_bundled_models(model, hasty, portrait):
    folder = BUNDLES.get(model, BUNDLES["fast"].parent / model)
    recognizer = fer.load(folder)
    for_film = recognizer.hasty()
    assert for_film.folder.path == BUNDLES.get(hasty, folder)
    ((face,), (same,)) = for_film(portrait), fer.load(for_film.folder.path)(portrait)
    np.testing.assert_allclose(face.probabilities, same.probabilities, atol=0.05)
