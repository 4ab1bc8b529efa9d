"""What is published is checked, complete, one commit, and comes back as it was."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from generated import FASTER, write_split
from hub import TOKEN, Fault
from PIL import Image
from safetensors.numpy import save_file
from spoiling import set_config, set_tensors

import fer
from fer.evaluation.scorings import SCORINGS
from fer.labels import EMOTIONS
from fer.models.config import EnsembleConfig
from fer.models.ensemble import Stacker, save_ensemble
from fer.models.files import sha256
from fer.models.model_folder import open_network
from model_cards.__main__ import main as write_card
from train.evaluate import main as judge
from train.publish import main
from train.studies.stacking import name_in

CROP = Image.effect_noise((112, 112), 90).convert("RGB")
FILES = [
    *(".gitattributes", "LICENSE.md", "README.md", "config.json", "metrics.json"),
    *("model.onnx", "model.safetensors"),
    *(f"plots/validation_{name}.png" for name in ("confusion", "per_emotion", "reliability")),
    "training.json",
]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(FASTER, tmp_path / Path(FASTER).name))


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
    card, _ = repo.read("main", "README.md")
    assert 'fer.load("me/model")' in card.decode(), "the snippet names the model as the Hub does"
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


def test_how_often_a_test_split_was_scored_is_published(hub, folder, cache, tmp_path, capsys):
    write_split(tmp_path / "faces" / "test.parquet", 21)
    (folder / "metrics.json").unlink()
    data = str(tmp_path / "faces")
    assert judge(["--model", str(folder), "--data", data, "--split", "test", "--write"]) == 0
    assert write_card([str(folder)]) == 0
    assert publish(folder) == 0
    published, _ = hub.repo("me/model").read("main", SCORINGS)
    assert published == (folder / SCORINGS).read_bytes()
    capsys.readouterr()
    assert write_card(["check", "me/model", "--rerun", data]) == 0
    assert "has scored the test split once more: 2 times by now" in capsys.readouterr().out
    (kept,) = cache.rglob(SCORINGS)
    assert kept.read_bytes() == published, "the cache is not ours to write to"


def test_a_dry_run_lists_files_and_asks_nothing(hub, folder, capsys):
    assert publish(folder, "--dry-run") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    own = [name for name in FILES if name != ".gitattributes"]
    sizes = {name: f"{(folder / name).stat().st_size:,}" for name in own}
    assert {name: size for size, name in lines} == sizes
    assert hub.requests == []


def test_a_folder_from_before_there_were_graphs_gets_its_graph(hub, folder):
    (folder / "model.onnx").unlink()
    set_config(graph=None)(folder)
    assert publish(folder) == 0
    assert hub.repo("me/model").files() == FILES
    assert fer.load("me/model", engine="openvino").engine.name == "openvino"


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
    names = [name_in(both, open_network(member)) for member in ("me/one", "me/two@main")]
    assert names == pins
    generator = np.random.default_rng(0)
    stacker = Stacker(generator.normal(size=(7, 14)), generator.normal(size=7))
    save_ensemble(both, EnsembleConfig(tuple(names), "stack"), stacker)
    write_split(tmp_path / "validation.parquet", 35)
    assert judge(["--model", str(both), "--data", str(tmp_path), "--write"]) == 0
    assert write_card([str(both)]) == 0
    assert publish(both, repo="me/both") == 0
    capsys.readouterr()
    files = hub.repo("me/both").files()
    assert files == sorted(
        {*FILES, "stacker.safetensors"} - {"model.onnx", "model.safetensors", "training.json"}
    )
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
    config["labels"] = list(EMOTIONS)
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
    (folder / ".eval_results").mkdir()
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
        (set_config(temperature=1.5), "measured with another config.json"),
        (lambda f: (f / "metrics.json").unlink(), "has no metrics.json"),
        (set_config(sha256=""), "records no SHA-256"),
        (set_config(sha256="0" * 64), "damaged or was changed"),
        (set_tensors(lambda t: t["head.fc.bias"][:1].fill_(np.nan)), "not finite"),
        (lambda f: (f / "model.onnx").unlink(), "has no model.onnx"),
        (lambda f: (f / "model.onnx").write_bytes(b""), "model.onnx in"),
        (set_tensors(lambda t: t["head.fc.bias"].add_(1)), "belongs to other weights"),
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
