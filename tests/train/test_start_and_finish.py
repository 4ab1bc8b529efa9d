"""Before and after training: the features it starts from, the shift of its logits, the log."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fer.data import LabelledFaces
from fer.errors import DataError
from fer.faces import ARCFACE
from fer.labels import EMOTIONS
from fer.models.config import NetworkConfig, TrainingData
from fer.models.upstream.conversion import BACKBONE
from fer.models.weights import save_network
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD
from fer.networks.registry import build
from train.engine.initialize import initialize, origin
from train.engine.logit_adjustment import choose_shift, shift_bias
from train.runs import main as log
from train.studies.run_log import TABLE, render

NO_DATA = TrainingData("", "")
NO_FACES = LabelledFaces([], np.empty(0, int), np.empty((0, 7)))  # only dlib's network needs some


@pytest.mark.parametrize(
    ("architecture", "classes", "fresh"),
    [
        ("ddamfn", 7, set()),
        ("convnextv2_atto", 7, set()),
        ("ddamfn", 8, {"classifier.weight", "classifier.bias"}),  # contempt too
    ],
)
def test_a_run_starts_from_what_fits_of_another_model(tmp_path, architecture, classes, fresh):
    source, network = build(architecture, classes), build(architecture, 7)
    frame = tuple(map(tuple, ARCFACE.tolist()))
    config = NetworkConfig(
        architecture, 112, IMAGENET_MEAN, IMAGENET_STD, frame, False, 1.0, NO_DATA, "earlier"
    )
    if classes == 8:
        config = replace(config, outputs=(*EMOTIONS, "disgust"))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    save_network(tmp_path, source, config)
    initialize(network, architecture, str(tmp_path), NO_FACES)
    given = source.state_dict()
    for name, tensor in network.state_dict().items():
        expected = before[name] if name in fresh else given[name]
        torch.testing.assert_close(tensor, expected, atol=1e-3, rtol=1e-3)
    with pytest.raises(DataError, match="cannot start from it"):
        initialize(network, "convnextv2_tiny", str(tmp_path), NO_FACES)


@pytest.mark.parametrize("architecture", ["ddamfn", "convnextv2_atto"])
def test_a_shift_of_the_bias_is_a_shift_of_the_logits(architecture):
    network = build(architecture, 7).eval()
    face = torch.randn(1, 3, 112, 112)
    prior = torch.tensor([0.3, 0.01, 0.01, 0.28, 0.2, 0.1, 0.1])
    before = network(face)
    shift_bias(network, 0.5, prior)
    torch.testing.assert_close(network(face), before - 0.5 * prior.log())


@pytest.mark.parametrize(
    ("trained_as_if", "expected"),
    [
        (0.0, 0.0),  # the network's answers suit the faces: nothing to gain
        (0.5, 0.5),  # rare emotions are answered too seldom
        (-0.5, -0.5),  # they are answered too often
    ],
)
def test_the_shift_undoes_what_training_did(trained_as_if, expected):
    prior = np.array([0.3, 0.02, 0.01, 0.27, 0.2, 0.1, 0.1])
    labels = np.random.default_rng(0).integers(7, size=5000)
    noise = np.random.default_rng(1).gumbel(size=(5000, 7)) * 0.5
    logits = 3 * np.eye(7)[labels] + noise + trained_as_if * np.log(prior)
    assert choose_shift(logits, labels, prior) == pytest.approx(expected, abs=0.1)


def test_the_log_of_runs_is_made_from_their_records():
    assert TABLE.read_text(encoding="utf-8") == render()


def test_only_a_finished_run_is_logged(tmp_path, capsys):
    assert log([str(tmp_path)]) == 2
    assert "no finished model" in capsys.readouterr().err


def test_a_run_starts_from_an_imported_backbone(tmp_path):
    source, network = build("ddamfn", 7), build("ddamfn", 7)
    save_file(source.backbone.state_dict(), tmp_path / BACKBONE)
    initialize(network, "ddamfn", str(tmp_path), NO_FACES)
    taken = network.backbone.state_dict()
    for name, tensor in source.backbone.state_dict().items():
        assert torch.equal(taken[name], tensor), name
    assert not torch.equal(network.classifier.weight, source.classifier.weight)


@pytest.mark.parametrize(
    ("record", "seconds"),
    [
        ({"seconds": 60.0}, 60.0),
        ({"seconds": 60.0, "started_from": {"seconds": 30.0}}, 90.0),
        ({"seconds": 60.0, "started_from": {"seconds": None}}, 60.0),
        ({}, None),  # a folder that was not trained here
    ],
)
def test_what_a_run_started_from_cost_all_that_led_to_it(tmp_path, record, seconds):
    (tmp_path / "training.json").write_text(json.dumps(record))
    assert origin(str(tmp_path)).seconds == seconds
