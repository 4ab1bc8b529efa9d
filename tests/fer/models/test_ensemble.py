"""Stacking and soft vote, from members' probabilities to a folder that answers like any other."""

import json
import shutil

import numpy as np
import pytest
from generated import copy_member, write_split
from PIL import Image
from safetensors.numpy import save
from scipy.special import softmax

import fer
from fer.data import load_split
from fer.evaluation.metrics import accuracies, evaluate
from fer.evaluation.predictions import cached_probabilities
from fer.evaluation.stacking import cross_fitted, fit_stacker
from fer.models.config import EnsembleConfig
from fer.models.ensemble import Stacker, load_stacker, save_ensemble, soft_vote
from fer.models.model_folder import open_model, open_network
from train.evaluate import main as judge
from train.stack import main

EVEN = np.full(7, 1 / 7, np.float32)


def certain(emotion: int) -> np.ndarray:
    return np.eye(7, dtype=np.float32)[emotion]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([certain(3)], certain(3)),
        ([certain(3), certain(3)], certain(3)),
        ([certain(3), certain(4)], (certain(3) + certain(4)) / 2),
        ([certain(3), EVEN], (certain(3) + EVEN) / 2),
    ],
)
def test_soft_vote_is_the_mean(members, expected):
    np.testing.assert_allclose(soft_vote(np.stack(members)[:, None])[0], expected, rtol=1e-6)


@pytest.mark.parametrize("features", ["log-probabilities", "probabilities"])
def test_stacker_learns_which_member_to_trust(features):
    generator = np.random.default_rng(0)
    labels = generator.integers(7, size=700)
    right = generator.dirichlet(np.ones(7), 700) * 0.5 + np.eye(7)[labels] * 0.5
    noise = generator.dirichlet(np.ones(7) * 0.2, 700)
    members = np.stack([noise, right]).astype(np.float32)
    stacker = fit_stacker(members[:, :350], labels[:350], features)
    unseen, truth = members[:, 350:], labels[350:]
    assert (stacker(unseen).argmax(1) == truth).mean() > 0.95
    assert (soft_vote(unseen).argmax(1) == truth).mean() < 0.9
    np.testing.assert_allclose(stacker(unseen).sum(axis=1), 1, rtol=1e-5)


def two_readers(faces: int, rare: float) -> tuple[np.ndarray, np.ndarray]:
    """What two independent members rightly make of faces, of which few show fear, and the truth."""
    generator = np.random.default_rng(0)
    prior = np.array([1, rare, 1, 1, 1, 1, 1]) / (6 + rare)
    labels = generator.choice(7, faces, p=prior)
    evidence = generator.normal(size=(2, faces, 7)) + 1.5 * np.eye(7)[labels]
    return softmax(1.5 * evidence + np.log(prior), axis=2).astype(np.float32), labels


def test_log_probabilities_multiply_the_members_evidence():
    """Independent members' best answer is in proportion to the product over the prior."""
    members, labels = two_readers(6000, rare=1)
    unseen, truth = members[:, 3000:], labels[3000:]
    best = softmax(np.log(unseen).sum(axis=0), axis=1)
    losses = {
        features: evaluate(
            fit_stacker(members[:, :3000], labels[:3000], features)(unseen), truth
        ).log_loss
        for features in ("log-probabilities", "probabilities")
    }
    limit = evaluate(best, truth).log_loss
    assert losses["log-probabilities"] < limit + 0.02  # for what it has to learn from few faces
    assert losses["probabilities"] > limit + 0.1


def test_stacking_finds_rare_emotions_and_stays_calibrated():
    members, labels = two_readers(6000, rare=0.1)
    unseen, truth = members[:, 3000:], labels[3000:]
    found, errors = {}, {}
    for features in ("log-probabilities", "probabilities"):
        figures = evaluate(fit_stacker(members[:, :3000], labels[:3000], features)(unseen), truth)
        found[features] = figures.per_class["fear"].recall
        errors[features] = figures.ece
    assert found["log-probabilities"] > found["probabilities"] + 0.1
    assert errors["log-probabilities"] < 0.04


@pytest.fixture(scope="module")
def stacked(tmp_path_factory):
    """An ensemble of the bundled model with itself, fitted through the command line."""
    root = tmp_path_factory.mktemp("ensemble")
    write_split(root / "validation.parquet", 70)
    for name in ("one", "two"):
        copy_member(root / name)
    members = [str(root / "one"), str(root / "two")]
    assert main([*members, "--data", str(root), "--out", str(root / "both")]) == 0
    return root


def test_an_ensemble_answers_like_any_model(stacked, portrait):
    recognizer = fer.load(stacked / "both")
    (face,) = recognizer(portrait)
    assert face.members.shape == (2, 7)
    np.testing.assert_allclose(face.members[0], face.members[1], atol=1e-6)
    stacker = recognizer.combine
    np.testing.assert_allclose(face.probabilities, stacker(face.members[:, None])[0], atol=1e-6)
    photo = Image.open(portrait).convert("RGB")
    assert recognizer.explain(photo, face, "happiness", member=1).size == photo.size


def test_an_ensemble_can_be_moved_with_its_members(stacked, portrait, tmp_path):
    shutil.copytree(stacked, tmp_path / "moved")
    assert len(fer.load(tmp_path / "moved" / "both")(portrait)) == 1


def stacker_of(value: float, kind: type = np.float64) -> bytes:
    """The file of a stacker of two members whose coefficients are all the same."""
    return save({"coefficients": np.full((7, 14), value, kind), "intercept": np.zeros(7)})


@pytest.mark.parametrize(
    ("config", "stacker", "sentence"),
    [
        ({"members": []}, None, "names no members"),
        ({"members": ["nowhere"]}, None, "no model folder"),
        ({"members": 3}, None, "lacks or misnames"),
        ({"members": [3]}, None, "members that cannot be"),
        ({"members": [""]}, None, "members that cannot be"),
        ({"members": ["a\0b"]}, None, "members that cannot be"),
        ({"members": ["../one"] * 17}, None, "members that cannot be"),
        ({"members": ["a" * 300]}, None, "no model folder"),
        ({"members": ["."]}, None, "is an ensemble, not a single network"),
        ({"recipe": []}, None, "recipe that cannot be"),
        ({"sha256": []}, None, "sha256 that cannot be"),
        ({"features": "logits"}, None, "must be log-probabilities or probabilities"),
        ({"surplus": 3}, None, "lacks or misnames"),
        ({}, b"not safetensors", "damaged or was changed"),
        ({"sha256": ""}, b"not safetensors", "missing or damaged"),
        ({"sha256": ""}, bytes(2_000_000), "too large"),
        ({"members": ["../one"]}, None, "not fitted on 1 members"),
        ({"sha256": ""}, stacker_of(np.nan), "values that no stacker has"),
        ({"sha256": ""}, stacker_of(1e308), "values that no stacker has"),
        ({"sha256": ""}, stacker_of(1, np.int64), "values that no stacker has"),
    ],
)
def test_a_bad_ensemble_gets_one_sentence(stacked, tmp_path, config, stacker, sentence):
    shutil.copytree(stacked, tmp_path / "copy")
    folder = tmp_path / "copy" / "both"
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    if stacker is not None:
        (folder / "stacker.safetensors").write_bytes(stacker)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load(folder)
    assert "\n" not in str(caught.value)


def test_an_ensemble_is_judged_on_folds_that_its_stacker_did_not_see(stacked, capsys):
    arguments = ["--model", str(stacked / "both"), "--data", str(stacked)]
    assert judge([*arguments, "--write"]) == 0
    figures = json.loads((stacked / "both" / "metrics.json").read_text())["validation"]
    rows = ["one", "two", "soft vote", "stacking on probabilities", "both"]
    assert [row["name"] for row in figures["ablation"]] == rows
    assert len(figures["mcnemar"]) == 10
    faces = load_split(stacked, "validation")
    networks = open_model(stacked / "both").networks
    members = np.stack([cached_probabilities(network, faces) for network in networks])
    honest = accuracies(cross_fitted(members, faces.labels)(members).argmax(1), faces.labels)
    assert figures["overall_accuracy"]["value"] == honest[0]
    assert judge(arguments) == 0


def test_probabilities_are_cached_until_anything_changes(stacked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    faces = load_split(stacked, "validation")
    shutil.copytree(stacked / "one", tmp_path / "model")

    def answers(faces):
        return cached_probabilities(open_network(tmp_path / "model"), faces)

    first = answers(faces)
    (kept,) = tmp_path.rglob("fer-toolkit/*.safetensors")
    kept.write_bytes(save({"probabilities": np.zeros((70, 7), np.float32)}))
    assert not answers(faces).any(), "the cache is not used"
    config = tmp_path / "model" / "config.json"
    config.write_text(config.read_text().replace('"recipe": "', '"recipe": "other-'))
    assert np.array_equal(answers(faces), first)
    fewer = answers(faces.without([0]))
    assert fewer.shape == (69, 7)


def test_a_member_that_saw_these_validation_faces_is_refused(stacked, tmp_path, capsys):
    shutil.copytree(stacked, tmp_path / "copy")
    record = tmp_path / "copy" / "one" / "training.json"
    record.write_text(json.dumps({"validation": "another digest"}))
    members = [str(tmp_path / "copy" / name) for name in ("one", "two")]
    out = tmp_path / "out"
    assert main([*members, "--data", str(tmp_path / "copy"), "--out", str(out)]) == 2
    assert "another validation split" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("features", ["log-probabilities", "probabilities"])
def test_saved_stacker_is_read_back_exactly(stacked, tmp_path, features):
    generator = np.random.default_rng(0)
    stacker = Stacker(generator.normal(size=(7, 14)), generator.normal(size=7), features)
    names = (str(stacked / "one"), str(stacked / "two"))
    save_ensemble(tmp_path, EnsembleConfig(names, "stack"), stacker)
    read = load_stacker(open_model(tmp_path))
    assert np.array_equal(read.coefficients, stacker.coefficients)
    assert np.array_equal(read.intercept, stacker.intercept)
    assert read.features == features
