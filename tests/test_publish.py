"""What is published is checked, complete, one commit, and comes back as it was."""

import json
import pickle
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import pytest
from generated import MEMBER, write_split
from hub import TOKEN, Fault
from PIL import Image
from safetensors.numpy import save_file
from spoiling import set_config, set_tensors

import fer
from fer.ensemble import EnsembleConfig, Stacker, save_ensemble
from fer.folder import sha256
from fer.hub import locate
from model_cards.__main__ import main as write_card
from train.evaluate import main as judge
from train.publish import main
from train.push import Push
from train.stack import name_in

CROP = Image.effect_noise((112, 112), 90).convert("RGB")
FILES = [
    *(".eval_results/validation.yaml", ".gitattributes", "README.md", "config.json"),
    *("metrics.json", "model.safetensors"),
    *(f"plots/validation_{name}.png" for name in ("confusion", "per_emotion", "reliability")),
    "training.json",
]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(MEMBER, tmp_path / Path(MEMBER).name))


@pytest.fixture
def hub(loopback, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return loopback


def publish(folder: Path, *more: str, repo: str = "me/model") -> int:
    return main([str(folder), "--repo", repo, *more])


def test_what_was_pushed_is_pulled_bit_for_bit(hub, folder, capsys):
    for name in ("notes.txt", ".env"):
        (folder / name).write_text("not for others")
    (folder / "plots" / "confusion.png").write_text("for others")
    assert publish(folder) == 0
    repo = hub.repo("me/model")
    assert repo.files() == sorted([*FILES, "plots/confusion.png"])
    assert repo.commits() == 2, "one commit after the repository's first"
    assert capsys.readouterr().out == f"me/model@{repo.head()}\n"
    pulled = fer.load("me/model")
    hub.faults = [Fault("", "down")]
    offline = fer.load(f"me/model@{repo.head()}")
    expected = fer.load(folder).predict([CROP])
    assert np.array_equal(pulled.predict([CROP]), expected)
    assert np.array_equal(offline.predict([CROP]), expected)


@pytest.mark.parametrize(
    ("options", "public", "seen_on_main"),
    [(["--private"], False, True), (["--create-pr"], True, False), ([], True, True)],
)
def test_options(hub, folder, capsys, options, public, seen_on_main):
    if "--create-pr" in options:
        hub.repo("me/model").create()
    assert publish(folder, *options) == 0
    assert ("me/model" not in hub.private) == public
    assert ("config.json" in hub.repo("me/model").files()) == seen_on_main
    if not seen_on_main:
        assert f"{hub.repo('me/model').head('refs/pr/1')} proposed in" in capsys.readouterr().out


def test_what_an_earlier_model_left_is_taken_away(hub, folder):
    repo = hub.repo("me/model")
    repo.create()
    left = ("stacker.safetensors", ".eval_results/test.yaml", "plots/test_confusion.png")
    repo.commit(dict.fromkeys((*left, "notes.md"), b"earlier"))
    assert publish(folder) == 0
    assert repo.files() == sorted([*FILES, "notes.md"]), "somebody's notes are not ours to delete"


def test_a_dry_run_lists_files_and_asks_nothing(hub, folder, capsys):
    assert publish(folder, "--dry-run") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    own = [name for name in FILES if name != ".gitattributes"]
    sizes = {name: f"{(folder / name).stat().st_size:,}" for name in own}
    assert {name: size for size, name in lines} == sizes
    assert hub.requests == []


def test_a_run_is_published_by_its_model(hub, folder, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    folder.rename(tmp_path / "run" / "model")
    assert write_card([str(tmp_path / "run" / "model")]) == 0
    assert publish(tmp_path / "run") == 0
    assert hub.repo("me/model").files() == FILES


def test_an_ensemble_names_its_members_by_commit(hub, folder, tmp_path, capsys):
    assert publish(folder, repo="me/one") == publish(folder, repo="me/two") == 0
    pins = [f"{name}@{hub.repo(name).head()}" for name in ("me/one", "me/two")]
    both = tmp_path / "both"
    names = []
    for member in ("me/one", "me/two@main"):
        with locate(member) as source:
            names.append(name_in(both, source))
    assert names == pins
    generator = np.random.default_rng(0)
    stacker = Stacker(generator.normal(size=(7, 14)), generator.normal(size=7))
    save_ensemble(both, EnsembleConfig(tuple(names), "stack"), stacker)
    write_split(tmp_path / "validation.parquet", 70)
    assert judge(["--model", str(both), "--data", str(tmp_path), "--write"]) == 0
    assert write_card([str(both)]) == 0
    assert publish(both, repo="me/both") == 0
    capsys.readouterr()
    files = hub.repo("me/both").files()
    assert files == sorted({*FILES, "stacker.safetensors"} - {"model.safetensors", "training.json"})
    fer_both = fer.load("me/both")
    assert fer_both.revision == hub.repo("me/both").head()
    expected = fer.load(both).predict([CROP])
    assert np.array_equal(fer_both.predict([CROP]), expected)
    hub.faults = [Fault("", "down")]
    assert np.array_equal(fer.load("me/both").predict([CROP]), expected)


@pytest.mark.parametrize("member", ["../one", "me/one", "me/one@main", "me/one@" + "0" * 39])
def test_an_ensemble_on_the_hub_with_a_loose_member_is_refused(hub, tmp_path, member):
    folder = tmp_path / "both"
    folder.mkdir()
    coefficients = {"coefficients": np.zeros((7, 7)), "intercept": np.zeros(7)}
    save_file(coefficients, folder / "stacker.safetensors")
    config = {"kind": "ensemble", "members": [member], "recipe": "stack", "format": 1}
    config["labels"] = list(fer.recognizer.EMOTIONS)
    config["sha256"] = sha256(folder / "stacker.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    hub.upload("me/both", folder)
    with pytest.raises(fer.ModelError, match="without a full commit"):
        fer.load("me/both")
    assert publish(folder, repo="me/other") == 2
    assert not hub.repo("me/other").path.exists()


# What must not be published


def worse_figures(folder):
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["validation"]["overall_accuracy"]["value"] += 0.01
    path.write_text(json.dumps(metrics))


def other_results(folder):
    (folder / ".eval_results" / "test.yaml").write_text("- value: 99.9\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: shutil.rmtree(f), "no model folder"),
        (lambda f: (f / "old.pth").write_bytes(b""), "old.pth may hold a pickle"),
        (lambda f: (f / "plots" / "a.bin").touch(), "may hold a pickle"),
        (lambda f: (f / "x.txt").write_bytes(pickle.dumps(1)), "x.txt may hold a pickle"),
        (lambda f: (f / "model.safetensors").write_bytes(pickle.dumps(1)), "may hold a pickle"),
        (lambda f: (f / "README.md").unlink(), "there is no card"),
        (lambda f: (f / "README.md").open("a").write("99 %") and None, "comes from nowhere"),
        (worse_figures, "overall_accuracy.value is"),
        (other_results, "comes from nowhere"),
        (lambda f: (f / "metrics.json").unlink(), "has no metrics.json"),
        (set_config(sha256=""), "records no SHA-256"),
        (set_config(sha256="0" * 64), "damaged or was changed"),
        (set_tensors(lambda t: t["classifier.bias"][:1].fill_(np.nan)), "not finite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_folder_that_must_not_be_published(hub, folder, capsys, spoil, sentence):
    spoil(folder)
    assert publish(folder) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert hub.requests == []


# A bad network


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("create", 401), "does not let you write to me/model (401): check HF_TOKEN"),
        (Fault("create", 403), "does not let you write to me/model (403): check HF_TOKEN"),
        (Fault("/commit/", 403), "does not let you write to me/model (403): check HF_TOKEN"),
        (Fault("preupload", 404), "There is no repository me/model"),
        (Fault("/commit/", 400), "did not accept the files for me/model"),
        (Fault("/commit/", 409), "Somebody else committed to me/model meanwhile"),
        (Fault("/commit/", 412), "Somebody else committed to me/model meanwhile"),
        (Fault("create", 429, 9, {"Retry-After": "7"}), "cannot take me/model now"),
        (Fault("preupload", 500), "cannot take me/model now (it answered 500)"),
        (Fault("batch", 500), "cannot take me/model now (it answered 500)"),
        (Fault("PUT /lfs", 500), "cannot take me/model now (it answered 500)"),
        (Fault("/commit/", 500), "cannot take me/model now (it answered 500)"),
        (Fault("create", "down"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "down"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "cut"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "truncated"), "did not accept the files for me/model"),
        (Fault("/commit/", "down"), "The connection to the Hub broke off"),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_fault_gets_one_sentence_and_nothing_is_committed(
    hub, folder, capfd, monkeypatch, fault, sentence
):
    monkeypatch.setattr("train.push.time.sleep", hub.waits.append)
    hub.faults = [fault]
    assert publish(folder) == 2
    output = capfd.readouterr()
    assert sentence in output.err.splitlines()[-1]
    assert TOKEN not in output.out + output.err
    repo = hub.repo("me/model")
    assert not repo.path.exists() or repo.files() == [".gitattributes"]
    hub.faults = []
    assert publish(folder) == 0


def test_a_hub_that_falls_silent_is_not_waited_for(hub, folder, monkeypatch, capsys):
    monkeypatch.setattr("train.push.SILENCE", 1)
    hub.faults = [Fault("preupload", "stalled")]
    assert publish(folder) == 2
    assert "The connection to the Hub broke off" in capsys.readouterr().err


def test_a_client_that_may_not_ask(hub, folder, monkeypatch, capsys):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert publish(folder) == 2
    assert "HF_HUB_OFFLINE forbids to push" in capsys.readouterr().err


def test_no_traceback_repeats_what_the_server_says(hub):
    hub.faults = [Fault("create", 403)]
    with pytest.raises(fer.HubError) as caught:
        Push("me/model").create()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_somebody_elses_commit_is_not_built_over(hub, folder, monkeypatch, capsys):
    assert publish(folder) == 0
    seen = hub.repo("me/model").head()
    theirs = hub.repo("me/model").commit({"note.txt": b"theirs"})
    monkeypatch.setattr("train.push.Push.create", lambda _: seen)
    assert publish(folder) == 2
    assert "Somebody else committed to me/model meanwhile" in capsys.readouterr().err
    assert hub.repo("me/model").head() == theirs


def test_a_busy_hub_is_asked_again_when_it_says(hub, folder, monkeypatch):
    monkeypatch.setattr("train.push.time.sleep", hub.waits.append)
    hub.faults = [Fault("/commit/", 429, 2, {"Retry-After": "7"})]
    assert publish(folder) == 0
    assert hub.waits == [7, 7]


@pytest.mark.parametrize(
    ("token", "repo", "sentence"),
    [
        (None, "me/model", "check HF_TOKEN"),
        ("hf_wrong", "me/model", "check HF_TOKEN"),
        ("hf_é", "me/model", "HF_TOKEN holds characters that no token has"),
        (TOKEN, "me/a/b", "is not the id of a repository"),
    ],
)
def test_a_wrong_token_or_name(hub, folder, monkeypatch, capsys, token, repo, sentence):
    monkeypatch.delenv("HF_TOKEN") if token is None else monkeypatch.setenv("HF_TOKEN", token)
    assert publish(folder, repo=repo) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert token is None or token not in error


def test_a_proposal_needs_a_repository(hub, folder, capsys):
    assert publish(folder, "--create-pr") == 2
    assert "There is no repository me/model" in capsys.readouterr().err
    assert not hub.repo("me/model").path.exists()


def test_a_public_repository_is_not_taken_for_a_private_one(hub, folder, capsys):
    hub.repo("me/model").create()
    assert publish(folder, "--private") == 2
    assert "exists and is public" in capsys.readouterr().err
    assert hub.repo("me/model").files() == [".gitattributes"]


@pytest.mark.parametrize("moment", ["preupload", "PUT /lfs", "/commit/"])
def test_a_killed_push_commits_nothing(hub, folder, moment):
    hub.faults = [Fault(moment, "stalled")]
    command = [sys.executable, "-m", "train.publish", str(folder), "--repo", "me/model"]
    process = subprocess.Popen(command)
    while not any(moment in request for request in hub.requests):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert hub.repo("me/model").files() == [".gitattributes"]
