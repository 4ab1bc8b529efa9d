"""Cards say what was measured, all of it and nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT

from fer.models.model_folder import CARD, open_model
from model_cards import card as cards
from model_cards.__main__ import main
from model_cards.card import render
from model_cards.check import SECTIONS, check
from model_cards.readme import bundled_models

BUNDLED = [folder.path for folder in bundled_models()]


@pytest.mark.parametrize("folder", bundled_models(), ids=lambda folder: folder.name)
def test_bundled_cards_are_fresh_and_right(folder):
    assert check(folder.path) == []
    assert folder.card.read_text(encoding="utf-8") == render(folder)
    for figures in folder.metrics.values():
        assert not figures.provenance.commit.endswith("+"), "measured with changed files"


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_a_card_has_what_it_must_and_each_picture_a_text(folder):
    text = (folder / CARD).read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
        *SECTIONS[:4],
        "Beside other work",
        *SECTIONS[4:],
    ]
    for words in ("Article 5(1)(f)", "Out of scope: work and school", "**Cost:**", "95 %"):
        assert words in text
    pictures = re.findall(r"^!\[(.*)\]\((.*)\)$", text, re.MULTILINE)
    assert [path for _, path in pictures] == [
        f"plots/validation_{name}.png" for name in ("confusion", "per_emotion", "reliability")
    ]
    assert all(len(alt) > 50 for alt, _ in pictures)


@pytest.mark.parametrize("name", ["one", "both"])
def test_a_card_has_the_accuracy_on_spoilt_faces(made, name):
    figures = json.loads((made / name / "metrics.json").read_text())["validation"]
    rows = {row["name"]: row for row in figures["slices"]}
    assert rows["as they are"]["overall_accuracy"] == figures["overall_accuracy"]
    assert rows["nose and mouth covered"]["overall_accuracy"] != figures["overall_accuracy"]
    card = (made / name / CARD).read_text(encoding="utf-8")
    for way, row in rows.items():
        assert f"| {way} | {100 * row['overall_accuracy']['value']:.2f} %" in card


@pytest.mark.parametrize("name", ["one", "both"])
def test_made_cards_are_right(made, name, capsys):
    assert main(["check", str(made / name)]) == 0
    assert "nothing in the card is other than it should be" in capsys.readouterr().out


def test_an_ensembles_card_may_not_hide_a_members_licence(copy):
    training = copy / "two" / "training.json"
    record = json.loads(training.read_text())
    record["recipe"]["pretrained"] = True  # from weights that are CC BY-NC
    training.write_text(json.dumps(record))
    findings = check(copy / "both")
    assert any("two is under cc-by-nc-4.0" in str(finding) for finding in findings)


def test_a_start_that_others_trained_costs_the_members_nothing(copy):
    training = copy / "two" / "training.json"
    record = json.loads(training.read_text())
    record["started_from"] = {"recipe": None, "seconds": None}
    training.write_text(json.dumps(record))
    assert "training the members took" in render(open_model(copy / "both"))
    training.write_text(json.dumps(record | {"seconds": None}))
    assert "**Cost:** not on record." in render(open_model(copy / "both"))


def test_a_template_with_a_variable_without_a_value_writes_nothing(copy, monkeypatch, capsys):
    (copy / "card.md").write_text("---\n---\n{{ splits.validation.nothing }}")
    monkeypatch.setattr(cards, "TEMPLATES", copy)
    before = (copy / "one" / CARD).read_bytes()
    assert main([str(copy / "one")]) == 2
    assert "SplitFigures object' has no attribute 'nothing'" in capsys.readouterr().err
    assert (copy / "one" / CARD).read_bytes() == before


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_the_snippets_of_a_card_run(folder, tmp_path, portrait, monkeypatch, capfd):
    shutil.copy(portrait, tmp_path / "photo.jpg")
    (tmp_path / "fer").mkdir()
    (tmp_path / "fer" / "weights").symlink_to(folder.parent)
    text = (folder / CARD).read_text(encoding="utf-8")
    snippets = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert {language for language, _ in snippets} == {"python", "sh"}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for language, snippet in snippets:
        if language == "python":
            exec(snippet, {})
        else:
            subprocess.run(["sh", "-c", snippet], check=True)
        assert "happiness" in capfd.readouterr().out
