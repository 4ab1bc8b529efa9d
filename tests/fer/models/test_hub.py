"""Models are pulled from a Hub, or refused in one sentence, and the cache keeps nothing bad."""

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import MEMBER
from hub import TOKEN, Fault
from huggingface_hub import snapshot_download
from PIL import Image
from spoiling import set_config, set_tensors

import fer
from fer.__main__ import main

CROP = Image.effect_noise((112, 112), 90).convert("RGB")
GONE = "0" * 40
DOWN = Fault("", "down")
WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(MEMBER, tmp_path / "model"))


def answer(recognizer: fer.Recognizer) -> bytes:
    return recognizer.predict([CROP]).tobytes()


def test_a_model_is_pulled_and_found_again_without_a_connection(
    loopback, folder, monkeypatch, capfd
):
    monkeypatch.setenv("TQDM_POSITION", "-1")  # as on a terminal
    commit = loopback.upload("me/model", folder)
    first = fer.load("me/model")
    assert (first.name, first.revision) == ("me/model", commit)
    assert "model.safetensors: 100%" in capfd.readouterr().err, "a download shows its progress"
    again = fer.load("me/model")
    gets = [request for request in loopback.requests if request.startswith("GET")]
    assert len(gets) == len(set(gets)) == 6, "config, weights, graph and companions, each once"
    loopback.faults = [DOWN]
    offline = fer.load("me/model")
    assert answer(first) == answer(again) == answer(offline) == answer(fer.load(MEMBER))
    assert offline.revision == commit


def test_a_graph_of_other_weights_is_never_run(loopback, folder, caplog):
    set_tensors(lambda tensors: tensors["classifier.bias"].add_(1))(folder)
    loopback.upload("me/model", folder)
    assert fer.load("me/model").engine.name == "torch"
    assert "belongs to other weights" in caplog.text
    with pytest.raises(fer.ModelError, match=r"at commit .* belongs to other weights"):
        fer.load("me/model", engine="openvino")


def test_a_graph_that_is_not_the_one_recorded_is_not_kept(loopback, folder, cache):
    (folder / "model.onnx").write_bytes(b"another")
    loopback.upload("me/model", folder)
    with pytest.raises(fer.ModelError, match="SHA-256 is not the one"):
        fer.load("me/model")
    assert [name for name in files(cache) if name.endswith("model.onnx")] == []


def test_a_revision_stays_what_it_was(loopback, folder):
    old = loopback.upload("me/model", folder)
    loopback.repo("me/model").tag("v1")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"temperature": 9.0}))
    new = loopback.upload("me/model", folder)
    for model, revision, commit, temperature in [
        ("me/model", None, new, 9.0),
        ("me/model", "v1", old, config["temperature"]),
        ("me/model@v1", None, old, config["temperature"]),
        ("me/model", old, old, config["temperature"]),
        (f"me/model@{old}", None, old, config["temperature"]),
    ]:
        loaded = fer.load(model, revision=revision)
        assert loaded.revision == commit
        assert loaded.models[0].config.temperature == temperature


def test_a_private_model_needs_the_token(loopback, folder, monkeypatch):
    loopback.upload("me/model", folder)
    loopback.private.add("me/model")
    with pytest.raises(fer.HubError, match="HF_TOKEN"):
        fer.load("me/model")
    monkeypatch.setenv("HF_TOKEN", "hf_é")
    with pytest.raises(fer.HubError, match="HF_TOKEN holds characters that no token has"):
        fer.load("me/model")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert fer.load("me/model").revision


def test_the_command_line_says_which_commit_answers(loopback, folder, portrait, capsys):
    commit = loopback.upload("me/model", folder)
    assert main([str(portrait), "--model", "me/model"]) == 0
    assert f"me/model at commit {commit}" in capsys.readouterr().err
    assert main([str(portrait), "--model", "me/model", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["model"], record["revision"]) == ("me/model", commit)


# Repositories that cannot be used


class Malice:
    def __reduce__(self):
        return os.mkdir, ("malice",)


def only_a_pickle(folder):
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Malice()))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda f: (f / "config.json").unlink(),
            "has no config.json, so it is not a model of this",
        ),
        (lambda f: (f / "config.json").write_text('{"model_type": "bert"}'), "misnames a setting"),
        (set_config(architecture="res/net"), "'res/net'; known: ddamfn"),
        (set_config(format=99), "update the library"),
        (set_config(sha256=""), "does not record the SHA-256 of model.safetensors"),
        (set_config(sha256="0" * 64), "SHA-256 is not the one in config.json"),
        (set_tensors(lambda t: t.pop("classifier.bias")), "classifier.bias is missing"),
        (
            set_tensors(lambda t: t.update(extra=torch.zeros(1))),
            "extra is .1,. float, expected none",
        ),
        (
            set_tensors(lambda t: t.update({"classifier.bias": torch.zeros(8)})),
            "is .8,. float, exp",
        ),
        (
            set_tensors(lambda t: t.update({"classifier.bias": torch.zeros(7).int()})),
            "is .7,. torch.int32, expected .7,. float",
        ),
        (set_tensors(lambda t: t["classifier.bias"].fill_(np.nan)), "not finite"),
        (only_a_pickle, "has no model.safetensors"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_repository_gets_one_sentence_and_no_pickle_is_fetched(
    loopback, folder, cache, tmp_path, monkeypatch, spoil, sentence
):
    spoil(folder)
    loopback.upload("me/model", folder)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load("me/model")
    assert "\n" not in str(caught.value)
    assert list(cache.rglob("*.bin")) == []
    assert not any("pytorch_model" in request for request in loopback.requests)
    assert not Path("malice").exists()


@pytest.mark.parametrize(
    ("model", "revision", "sentence"),
    [
        ("me/unknown", None, "nor a repository me/unknown on the Hub that you may see"),
        ("me/model", GONE, f"has no revision {GONE}"),
        ("me/model@v9", None, "has no revision v9"),
        ("me/two--dashes", None, "neither a folder here nor the id of a repository"),
        ("nowhere", None, "There is no model folder nowhere"),
    ],
)
def test_a_wrong_name_gets_one_sentence(loopback, folder, cache, model, revision, sentence):
    loopback.upload("me/model", folder)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load(model, revision=revision)
    assert "\n" not in str(caught.value)
    assert list(cache.glob("models--*")) == []


# The cache is shared with other libraries


def files(cache: Path) -> dict[str, bytes]:
    """What the cache holds, links to a file like the file."""
    found = (path for path in cache.rglob("*") if path.is_file() and ".locks" not in path.parts)
    return {path.relative_to(cache).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("of another library", lambda f: (f / "config.json").write_text('{"model_type": "vit"}')),
        ("of a newer format", set_config(format=99)),
        ("damaged before", set_config(sha256="0" * 64)),
        ("without weights", lambda f: (f / WEIGHTS).unlink()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_another_library_cached_stays(loopback, folder, cache, name, spoil, offline):
    spoil(folder)
    loopback.upload("google/vit", folder)
    snapshot_download("google/vit")
    before = files(cache)
    assert before
    loopback.faults = [DOWN] if offline else []
    with pytest.raises(fer.ModelError):
        fer.load("google/vit")
    assert files(cache).items() >= before.items()


def test_only_a_corrupt_download_of_this_call_is_deleted(loopback, folder, cache):
    good = loopback.upload("me/model", folder)
    expected = answer(fer.load("me/model"))
    repo = loopback.repo("me/model")
    repo.commit({"config.json": None})
    repo.tag("empty")
    with pytest.raises(fer.HubError, match=r"has no config\.json"):
        fer.load("me/model@empty")
    set_tensors(lambda tensors: tensors["classifier.bias"].add_(1))(folder)
    bad = loopback.upload("me/model", folder)
    before = files(cache)
    loopback.faults = [Fault(f"GET.*{WEIGHTS}", "changed")]
    with pytest.raises(fer.ModelError, match="SHA-256 is not the one"):
        fer.load("me/model")
    after = files(cache)
    assert after.items() >= {name: before[name] for name in before if "/refs/" not in name}.items()
    weights = {Path(name).parent.name for name in after if name.endswith(WEIGHTS)}
    assert weights == {good}, "the corrupt file is gone"
    assert {len(data) for name, data in after.items() if "/blobs/" in name} <= {
        len(data) for name, data in after.items() if "/snapshots/" in name
    }, "and so is its content"
    loopback.faults = []
    again = fer.load("me/model")
    assert again.revision == bad
    assert answer(again) == answer(fer.load(folder)) != expected
    loopback.faults = [DOWN]
    assert answer(fer.load(f"me/model@{good}")) == expected
