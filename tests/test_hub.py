"""Models are pulled from a Hub, or refused in one sentence, and the cache keeps nothing bad."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import MEMBER
from hub import TOKEN, Fault
from PIL import Image
from serving import serve
from spoiling import set_config, set_tensors

import fer
from fer.__main__ import main
from fer.places import BUNDLED, open_or_bundled

CROP = Image.effect_noise((112, 112), 90).convert("RGB")
GONE = "0" * 40
DOWN = Fault("", "down")
WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(MEMBER, tmp_path / "model"))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def answer(recognizer: fer.Recognizer) -> bytes:
    return recognizer.predict([CROP]).tobytes()


def snapshots(cache: Path) -> list[str]:
    """What a later run would find, by name."""
    return [path.name for path in cache.glob("models--*/snapshots/*/*")]


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
    assert len(gets) == len(set(gets)) == 5, "config, weights and companions, each once"
    loopback.faults = [DOWN]
    offline = fer.load("me/model")
    assert answer(first) == answer(again) == answer(offline) == answer(fer.load(MEMBER))
    assert offline.revision == commit


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
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert fer.load("me/model").revision


def test_the_command_line_says_which_commit_answers(loopback, folder, portrait, capsys):
    commit = loopback.upload("me/model", folder)
    assert main([str(portrait), "--model", "me/model"]) == 0
    assert f"me/model at commit {commit}" in capsys.readouterr().err
    assert main([str(portrait), "--model", "me/model", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["model"], record["revision"]) == ("me/model", commit)


# A bad network


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("HEAD", 401), r"does not let you read me/model \(401\): check HF_TOKEN"),
        (Fault("HEAD", 403), r"does not let you read me/model \(403\): check HF_TOKEN"),
        (Fault("HEAD", 404), "cannot hand out me/model now .it answered 404."),
        (Fault("HEAD", 404, headers={"X-Error-Code": "RepoNotFound"}), "nor a repository me/model"),
        (Fault("HEAD", 403, headers={"X-Error-Code": "GatedRepo"}), "accept its terms"),
        (Fault("HEAD", 409), r"cannot hand out me/model now \(it answered 409\)"),
        (Fault("HEAD", 429), r"cannot hand out me/model now \(it answered 429\)"),
        (Fault("HEAD", 500), r"cannot hand out me/model now \(it answered 500\)"),
        (Fault(f"GET.*{WEIGHTS}", 500), r"cannot hand out me/model now \(it answered 500\)"),
        (Fault("", "down"), "cannot be reached and the whole of me/model is not in the cache"),
        (Fault("", "stalled"), "cannot be reached and the whole of me/model is not in the cache"),
        (Fault(f"HEAD.*{WEIGHTS}", "down"), "broke off: start it again"),
        (Fault(f"GET.*{WEIGHTS}", "cut"), "broke off: start it again"),
        (Fault(f"GET.*{WEIGHTS}", "truncated"), "broke off: start it again"),
        (Fault(WEIGHTS, "truncated"), "SHA-256 is not the one in config.json"),
        (Fault(WEIGHTS, "changed"), "SHA-256 is not the one in config.json"),
        (Fault(f"GET.*{WEIGHTS}", "stalled"), "broke off: start it again"),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_fault_gets_one_sentence_and_is_forgotten(
    loopback, folder, cache, portrait, monkeypatch, capfd, fault, sentence
):
    loopback.upload("me/model", folder)
    loopback.faults = [fault]
    if fault.what == "stalled":
        monkeypatch.setattr("fer.hub.PROBE_SECONDS", 0.3)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.3)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load("me/model")
    assert "\n" not in str(caught.value)
    assert WEIGHTS not in snapshots(cache)
    assert main([str(portrait), "--model", "me/model"]) == 2
    output = capfd.readouterr()
    assert output.err.splitlines()[-1] == str(caught.value)
    assert TOKEN not in output.out + output.err
    loopback.faults = []
    assert answer(fer.load("me/model")) == answer(fer.load(MEMBER))


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault("HEAD", 429, 3, {"Retry-After": "7"}), 7),
        (Fault(f"GET.*{WEIGHTS}", 429, 1, {"Retry-After": "7"}), 7),
        (Fault("HEAD", 500, 3), 1),
        (Fault(f"GET.*{WEIGHTS}", "cut", 1), 1),  # and goes on where it broke off
        (Fault(WEIGHTS, "slow"), 0),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_passing_fault_is_waited_for(loopback, folder, fault, wait):
    loopback.upload("me/model", folder)
    loopback.faults = [fault]
    assert answer(fer.load("me/model")) == answer(fer.load(MEMBER))
    assert max(loopback.waits, default=0) in (wait, wait + 1)


def test_the_bundled_model_answers_while_the_hub_is_out_of_reach(loopback, folder):
    loopback.upload("me/model", folder)
    loopback.faults = [DOWN]
    recognizer, notice = open_or_bundled("me/model")
    assert recognizer.name == Path(BUNDLED).name
    assert "in place of me/model" in notice
    loopback.faults = []
    recognizer, notice = open_or_bundled("me/model")
    assert (recognizer.name, notice) == ("me/model", None)
    with pytest.raises(fer.HubError, match="nor a repository"):  # a slip, which must not be hidden
        open_or_bundled("me/modle")


def test_the_page_says_when_another_model_answers(loopback, folder):
    loopback.upload("me/model", folder)
    loopback.faults = [DOWN]
    with serve(FER_MODEL="me/model") as url, urllib.request.urlopen(f"{url}/config") as config:
        assert "The bundled model answers in place of me/model" in config.read().decode()


@pytest.mark.parametrize("file", ["config.json", WEIGHTS])
def test_a_killed_pull_leaves_nothing_that_is_trusted(loopback, folder, cache, file):
    loopback.upload("me/model", folder)
    loopback.faults = [Fault(f"GET.*{file}", "stalled")]
    environment = {**os.environ, "HF_HUB_CACHE": str(cache), "HF_HUB_DOWNLOAD_TIMEOUT": "60"}
    command = [sys.executable, "-c", "import fer; fer.load('me/model')"]
    process = subprocess.Popen(command, env=environment)
    while not any(request.startswith("GET") and file in request for request in loopback.requests):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    loopback.faults = [DOWN]
    with pytest.raises(fer.HubUnreachable, match="the whole of me/model is not in the cache"):
        fer.load("me/model")
    loopback.faults = []
    assert answer(fer.load("me/model")) == answer(fer.load(MEMBER))


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
        (set_config(architecture="resnet"), "'resnet'; known: ddamfn"),
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
def test_a_bad_repository_gets_one_sentence_and_leaves_the_cache_clean(
    loopback, folder, cache, tmp_path, monkeypatch, spoil, sentence
):
    spoil(folder)
    loopback.upload("me/model", folder)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load("me/model")
    assert "\n" not in str(caught.value)
    assert snapshots(cache) == []
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
    assert snapshots(cache) == []
