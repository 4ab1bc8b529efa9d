"""A network of timm that nothing here knows of: a recipe with its name is all it takes."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from generated import image_folder, tiny_recipe

import fer
from fer.cli import main as fer_command
from fer.models.model_folder import open_network
from fer.models.records import read_metrics
from model_cards.__main__ import main as cards
from train.publish import main as publish
from train.reproduce import main as reproduce
from train.train import main as train


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """`data`, the recipe `third.toml`, and in `out` two networks, stacked with a third."""
    root = tmp_path_factory.mktemp("any")
    image_folder("1234567")(root / "data", {"train": 50, "test": 3})
    known, third = root / "known.toml", root / "third.toml"
    known.write_text(tiny_recipe("any", "convnextv2_atto"))
    third.write_text(tiny_recipe("any", "resnet18"))
    options = ["--ddamfn", str(known), "--convnext", str(known)]
    where = ["--data", str(root / "data"), "--out", str(root / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.data.landmark_frame.SAMPLE", 7)
        patch.setattr("train.engine.tensorboard.draw", lambda *_: None)
        members = ["--members", "ddamfn", "convnext", str(third)]
        assert reproduce([*where, *members, *options]) == 0
    return root


def test_it_is_a_third_member_of_the_whole_table(root):
    rows = (root / "out" / "RESULTS.md").read_text().splitlines()
    assert sum(row.startswith("| third |") for row in rows) >= 2
    assert set(read_metrics(root / "out" / "third" / "model")) == {"validation", "test"}


def test_a_finished_run_is_left_as_it_is(root):
    model = root / "out" / "third" / "model"
    before = {path: path.read_bytes() for path in sorted(model.glob("*.json"))}
    run = ["--out", str(model.parent), "--recipe", str(root / "third.toml")]
    assert train(["--data", str(root / "data"), *run]) == 0
    assert {path: path.read_bytes() for path in sorted(model.glob("*.json"))} == before


@pytest.mark.parametrize("model", ["third/model", "ensemble"])
def test_it_answers_and_explains_without_timm(root, model, portrait, monkeypatch):
    slow = fer.load(root / "out" / model, engine="torch")
    monkeypatch.setitem(sys.modules, "timm", None)  # importing it would fail
    monkeypatch.delitem(sys.modules, "fer.networks.timm_network")
    quick = fer.load(root / "out" / model)
    assert quick.engine.name == "openvino"
    (theirs,), (ours,) = slow(portrait), quick(portrait)
    np.testing.assert_allclose(ours.probabilities, theirs.probabilities, atol=1e-3)
    member = len(quick.models) - 1
    assert quick.explain(portrait, ours, member=member).size
    np.testing.assert_allclose(ours.maps[member], theirs.maps[member], rtol=1e-3)
    monkeypatch.delattr("fer.networks.timm_network")  # where the package keeps it
    with pytest.raises(fer.FerError, match="timm is not installed"):
        fer.load(root / "out" / model, engine="torch")


def test_its_card_is_made_checked_and_published(root, tmp_path, capsys):
    model = Path(shutil.copytree(root / "out" / "third", tmp_path / "third")) / "model"
    assert cards([str(model)]) == 0
    assert cards(["check", str(model), "--rerun", str(root / "data")]) == 0
    card = (model / "README.md").read_text(encoding="utf-8")
    for words in ("A timm resnet18 that reads", "- resnet18\n", "“PyTorch Image Models”"):
        assert words in card
    capsys.readouterr()
    assert publish([str(model.parent), "--repo", "me/third", "--dry-run"]) == 0
    assert "model.onnx" in capsys.readouterr().out


def test_it_is_exported(root, tmp_path, capsys):
    assert (
        fer_command(["export", str(root / "out" / "third" / "model"), "--out", str(tmp_path)]) == 0
    )
    assert "the same emotion for 100%" in capsys.readouterr().out


def test_timm_alone_can_read_it(root):
    import timm

    model = root / "out" / "third" / "model"
    theirs = timm.create_model(f"local-dir:{model}", pretrained=True)
    assert list(theirs.pretrained_cfg["label_names"]) == list(open_network(model).config.outputs)
