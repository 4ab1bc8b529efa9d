"""A model's networks for other programs, run by another program."""

import json
import shutil

import numpy as np
import onnxruntime
import pytest
import torch
from crops import crops
from generated import MEMBER
from spoiling import set_tensors

import fer
from fer.cli import main
from fer.export import compare
from fer.models.bundled import BUNDLED
from fer.networks.preprocess import to_batch


@pytest.mark.parametrize(("precision", "megabytes"), [("fp32", 23), ("fp16", 12)])
def test_onnx_runtime_gives_the_models_answers(tmp_path, capsys, precision, megabytes):
    command = ["export", str(BUNDLED), "--out", str(tmp_path), "--precision", precision]
    assert main(command) == 0
    said = capsys.readouterr().out.splitlines()
    recognizer = fer.load()
    assert len(said) == len(recognizer.models) == 3
    for model in recognizer.models:
        path = tmp_path / f"{model.name}-{precision}.onnx"
        about = json.loads(path.with_suffix(".json").read_text())
        assert path.stat().st_size < megabytes * 1e6
        session = onnxruntime.InferenceSession(path)
        batch = to_batch(
            crops(9), model.config.input_size, about["mean"], about["std"], about["grey"]
        )
        logits, maps = session.run(["logits", "maps"], {"faces": batch})
        if about["mirror"]:
            (mirrored,) = session.run(["logits"], {"faces": batch[..., ::-1].copy()})
            logits = (logits + mirrored) / 2
        powers = np.exp(logits / about["temperature"])
        answers = powers / powers.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(answers, model.predict(crops(9)), atol=1e-4)
        np.testing.assert_allclose(maps, model.answer(crops(9)).maps, atol=1e-4)
        parity = about["parity"]
        assert (parity["faces"], parity["same_emotion"]) == (32, 1)
        assert parity["largest_difference"] < 1e-4
        assert tuple(about["labels"]) == fer.labels.EMOTIONS


def test_parity_is_measured_and_not_believed(tmp_path):
    (model,) = fer.load(MEMBER).models
    assert main(["export", MEMBER, "--out", str(tmp_path)]) == 0
    path = tmp_path / f"{model.name}-fp32.onnx"
    assert compare(model, path, crops(5)).largest_difference == 0
    other = shutil.copytree(MEMBER, tmp_path / "other")
    set_tensors(lambda tensors: tensors["classifier.bias"].add_(torch.arange(7)))(other)
    parity = compare(fer.load(other, engine="torch").models[0], path, crops(5))
    assert parity.largest_difference > 0.1
    assert parity.same_emotion < 1


@pytest.mark.parametrize(
    ("model", "out", "sentence"),
    [
        ("missing", "out", "no model folder"),
        (MEMBER, "file", "cannot hold the graph"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(
    tmp_path, monkeypatch, capsys, model, out, sentence
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["export", model, "--out", out]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
