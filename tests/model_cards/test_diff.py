"""Figures of two models beside each other, and for other programs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from generated import FASTER, MEMBER
from jsonschema import Draft202012Validator
from serving import ROOT

from fer.models.model_folder import CARD
from model_cards.__main__ import folders_of, main
from model_cards.readme import bundled_models
from model_cards.schema import SCHEMA, schema

OF_OTHERS = """---
license: mit
model-index:
- name: other
  results:
  - task: {type: image-classification}
    dataset: {type: x, name: Cats, split: test}
    metrics:
    - {type: accuracy, value: VALUE}
---
"""


def test_two_models_of_ours(capsys):
    assert main(["diff", MEMBER, FASTER]) == 0
    lines = capsys.readouterr().out.splitlines()
    a, b = (
        json.loads((Path(folder) / "metrics.json").read_text())["validation"]["log_loss"]
        for folder in (MEMBER, FASTER)
    )
    (line,) = [line for line in lines if line.startswith("| validation: log_loss |")]
    assert [float(cell) for cell in line.split("|")[2:5]] == pytest.approx([a, b, b - a], abs=6e-5)
    assert "| validation: data | ferplus | ferplus |  |" in lines


def test_cards_of_others(tmp_path, capsys):
    for name, value in (("a", "0.9"), ("b", "0.95")):
        (tmp_path / name).mkdir()
        (tmp_path / name / CARD).write_text(OF_OTHERS.replace("VALUE", value))
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "| Cats test: accuracy | 0.9 | 0.95 | +0.05 |" in capsys.readouterr().out
    assert main(["diff", str(tmp_path / "a"), MEMBER]) == 0
    assert "| Cats test: accuracy | 0.9 | – | – |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        (["a"], "diff takes two models"),
        (["a", MEMBER], "has no card that can be read"),
        (["b", MEMBER], "has figures: judge the model first"),
    ],
)
def test_what_has_no_figures_gets_a_sentence(tmp_path, monkeypatch, capsys, models, sentence):
    monkeypatch.chdir(tmp_path)
    Path("a").mkdir()
    Path("b").mkdir()
    Path("b", CARD).write_text("---\nlicense: mit\n---\n")
    assert main(["diff", *models]) == 2
    assert sentence in capsys.readouterr().err


def test_the_schema_is_fresh_and_describes_metrics():
    assert SCHEMA.read_text(encoding="utf-8") == schema()
    described = Draft202012Validator(json.loads(schema()))
    for folder in bundled_models():
        metrics = json.loads((folder.path / "metrics.json").read_text(encoding="utf-8"))
        described.validate(metrics)
        del metrics["validation"]["log_loss"]
        assert not described.is_valid(metrics)


def test_a_hook_names_files_and_the_check_looks_at_their_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in ("m/plots/x.png", "m/config.json", "m/README.md", "README.md", "docs/README.md"):
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).touch()
    files = ["m/plots/x.png", "m/README.md", "README.md", "docs/README.md", "me/model"]
    assert folders_of(files) == ["m", "me/model"]


@pytest.mark.parametrize(("file", "code"), [("metrics.json", 0), ("gone", 2)])
def test_the_hook_and_the_action_run_the_check(tmp_path, file, code):
    hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert hook["entry"] in action["runs"]["steps"][-1]["run"]
    (tmp_path / "datasets.py").write_text("raise SystemExit('not the package')")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [ROOT / hook["entry"], Path(MEMBER) / file],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    ("models", "data", "arguments"),
    [
        ("m/a me/b", "", ["m/a", "me/b"]),
        ("m/a\nme/b\n", "", ["m/a", "me/b"]),
        ("m/a", "a folder", ["m/a", "--rerun", "a folder"]),
        ("*", "", ["*"]),
    ],
)
def test_the_action_checks_every_model(tmp_path, models, data, arguments):
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    hook = tmp_path / "model_cards" / "hook.sh"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    hook.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", action["runs"]["steps"][-1]["run"]],
        cwd=tmp_path,
        env=os.environ | {"MODELS": models, "DATA": data, "GITHUB_ACTION_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == arguments
