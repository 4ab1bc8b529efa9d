"""Whatever a model folder holds, it answers with probabilities, or one sentence says why not."""

import json
import shutil

import numpy as np
import pytest
from crops import crops
from generated import FASTER
from hostile import changed_json, damaged, value_or_sentence
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import fer
from fer.models.bundled import BUNDLED, WEIGHTS
from fer.models.config import CONFIG, STACKER_FILE, WEIGHTS_FILE
from fer.models.ensemble import load_stacker
from fer.models.files import sha256
from fer.models.model_folder import open_model

FILES = ("config.json", "model.safetensors", "model.onnx")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return shutil.copytree(FASTER, tmp_path_factory.mktemp("model") / "convnext")


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    weights = shutil.copytree(WEIGHTS, tmp_path_factory.mktemp("models") / "weights")
    return weights / BUNDLED.name


def answers_or_sentence(folder):
    probabilities = value_or_sentence(lambda: fer.load(folder).predict(crops(2)))
    if probabilities is not None:
        check(probabilities)


def check(probabilities):
    assert probabilities.shape[1] == 7
    assert np.isfinite(probabilities).all()
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)


CONFIGS = {
    name: json.loads((WEIGHTS / name / CONFIG).read_text())
    for name in ("convnext-ferplus", BUNDLED.name)
}


@given(changed_json(CONFIGS["convnext-ferplus"]))
def test_any_configuration_of_a_network(network, config):
    (network / CONFIG).write_text(json.dumps(config))
    answers_or_sentence(network)


@given(changed_json(CONFIGS[BUNDLED.name]))
def test_any_configuration_of_an_ensemble(ensemble, config):
    (ensemble / CONFIG).write_text(json.dumps(config))
    answers_or_sentence(ensemble)


NUMBERS = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1e30, -1e30, 1e-40]))
MEMBERS = np.random.default_rng(0).dirichlet(np.ones(7), (3, 20)).astype(np.float32)


@given(st.data())
def test_any_coefficients_of_a_stacker(ensemble, data):
    tensors = load_file(WEIGHTS / BUNDLED.name / STACKER_FILE)
    name = data.draw(st.sampled_from(sorted(tensors)))
    changed = tensors[name].copy()
    changed.flat[data.draw(st.integers(0, changed.size - 1))] = data.draw(NUMBERS)
    save_file(tensors | {name: changed}, ensemble / STACKER_FILE)
    config = CONFIGS[BUNDLED.name] | {"sha256": sha256(ensemble / STACKER_FILE)}
    (ensemble / CONFIG).write_text(json.dumps(config))
    stacker = value_or_sentence(lambda: load_stacker(open_model(ensemble)))
    if stacker is not None:
        check(stacker(MEMBERS))


@given(st.data(), st.sampled_from(FILES))
def test_any_damage(network, data, name):
    whole = (WEIGHTS / "convnext-ferplus" / name).read_bytes()
    # Headers come first: what is changed behind them changes an answer, not the format.
    head = data.draw(damaged(whole[:20_000]))
    for file in FILES:
        shutil.copyfile(WEIGHTS / "convnext-ferplus" / file, network / file)
    (network / name).write_bytes(head + whole[20_000:])
    if name == WEIGHTS_FILE and data.draw(st.booleans()):  # as if it were what was saved
        config = CONFIGS["convnext-ferplus"] | {"sha256": sha256(network / name)}
        (network / CONFIG).write_text(json.dumps(config))
    answers_or_sentence(network)
