"""Cards say what was measured, all of it and nothing else; whoever changes a digit is named."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from generated import copy_member, write_split
from hub import TOKEN
from serving import ROOT

from fer.errors import ModelError
from model_cards.__main__ import bundled, main
from model_cards.card import CARD, render
from model_cards.check import check, compare_lines
from model_cards.readme import with_results
from train.evaluate import main as judge
from train.publish import main as publish
from train.stack import main as stack


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two models and their ensemble, judged, with cards."""
    root = tmp_path_factory.mktemp("cards")
    write_split(root / "validation.parquet", 35)
    for name in ("one", "two"):
        (copy_member(root / name) / "metrics.json").unlink()
    members = [str(root / name) for name in ("one", "two")]
    assert stack([*members, "--data", str(root), "--out", str(root / "both")]) == 0
    folders = [*members, str(root / "both")]
    assert judge(["--model", *folders, "--data", str(root), "--write", "--slices"]) == 0
    assert main(folders) == 0
    return root


@pytest.fixture
def copy(made, tmp_path) -> Path:
    """The same to spoil: `one`, `two` and `both`."""
    return shutil.copytree(made, tmp_path / "copy")


@pytest.mark.parametrize("folder", bundled(), ids=lambda folder: folder.name)
def test_bundled_cards_are_fresh_and_right(folder):
    assert check(folder) == []
    assert (folder / CARD).read_text(encoding="utf-8") == render(folder)


def test_the_readmes_tables_are_fresh():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_results(text, bundled()) == text


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
    assert "every figure of the card is the measured one" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["one", "both"])
def test_any_changed_digit_is_named(made, name):
    card = (made / name / CARD).read_text(encoding="utf-8")
    digits = [match.start() for match in re.finditer(r"\d", card)]
    assert len(digits) > 200
    for place in digits:
        other = str((int(card[place]) + 1) % 10)
        findings = compare_lines(card[:place] + other + card[place + 1 :], card, CARD)
        line = card.count("\n", 0, place) + 1
        assert len(findings) == 1, f"digit {place}"
        assert findings[0].startswith(f"{CARD}, line {line}: "), f"digit {place}"


def test_a_card_on_the_hub_is_checked_too(copy, loopback, monkeypatch, capsys):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    edit(copy / "one" / CARD, "## Limits\n", "## Limits\n\nProse of one's own.\n")
    assert publish([str(copy / "one"), "--repo", "me/one"]) == 0
    assert main(["check", "me/one"]) == 0
    card, _ = loopback.repo("me/one").read("main", CARD)
    assert 'fer.load("me/one")' in card.decode(), "the snippet names the model as the Hub does"
    assert "# me/one\n\nA DDAMFN" in card.decode()
    assert "Prose of one's own." in card.decode()
    assert main(["check", "me/gone"]) == 2
    assert "me/gone" in capsys.readouterr().err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("| Overall accuracy | ", "| Overall accuracy | 1", "should be '| Overall accuracy"),
        ("## Limits\n", "## Limits\n\nIt reaches 99 % on everything.\n", "figures from nowhere"),
        ("## Limits\n", "## Shortcomings\n", "“Limits” is missing"),
        ("license: other", "license: mit", "says 'license: mit'"),
        ("(plots/validation_confusion.png)", "(plots/none.png)", "plots/none.png is broken"),
        ("value: ", "value: 1", "should be '      value: "),
    ],
    ids=["figure", "added figure", "section", "licence", "link", "metadata"],
)
def test_whatever_is_off_is_found(copy, capsys, old, new, finding):
    edit(copy / "one" / CARD, old, new)
    assert main(["check", str(copy / "one")]) == 1
    assert finding in capsys.readouterr().out


def test_prose_of_ones_own_is_welcome(copy):
    edit(copy / "one" / CARD, "## Limits\n", "## Limits\n\nWe are fond of it.\n")
    assert check(copy / "one") == []


def test_result_files_are_checked_too(copy):
    path = copy / "one" / ".eval_results" / "validation.yaml"
    assert {entry["dataset"]["task_id"] for entry in yaml.safe_load(path.read_text())} == {
        "validation_overall_accuracy",
        "validation_mean_class_accuracy",
    }
    edit(path, "value: ", "value: 1")
    assert any(".eval_results/validation.yaml" in finding for finding in check(copy / "one"))


def test_an_ensembles_card_may_not_hide_a_members_licence(copy):
    training = copy / "two" / "training.json"
    record = json.loads(training.read_text())
    record["recipe"]["pretrained"] = True  # from weights that are CC BY-NC
    training.write_text(json.dumps(record))
    findings = check(copy / "both")
    assert any("two is under cc-by-nc-4.0" in finding for finding in findings)


def lose_metrics(folder: Path) -> None:
    (folder / "metrics.json").unlink()


def take_other_weights(folder: Path) -> None:
    config = json.loads((folder / "metrics.json").read_text())
    config["validation"]["provenance"]["weights"]["model.safetensors"] = "0" * 64
    (folder / "metrics.json").write_text(json.dumps(config))


def lose_a_number(folder: Path) -> None:
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["validation"]["log_loss"] = float("nan")
    (folder / "metrics.json").write_text(json.dumps(metrics))


def lose_a_value(folder: Path) -> None:
    metrics = json.loads((folder / "metrics.json").read_text())
    del metrics["validation"]["levels_5"]["mapped_accuracy"]
    (folder / "metrics.json").write_text(json.dumps(metrics))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lose_metrics, "no metrics.json"),
        (take_other_weights, "measured on other weights"),
        (lose_a_number, "not finite"),
        (lose_a_value, "lacks a value: .*mapped_accuracy"),
    ],
)
def test_nothing_is_written_of_bad_metrics(copy, spoil, sentence):
    spoil(copy / "one")
    before = (copy / "one" / CARD).read_bytes()
    with pytest.raises(ModelError, match=sentence):
        render(copy / "one")
    assert main([str(copy / "one")]) == 2
    assert (copy / "one" / CARD).read_bytes() == before


@pytest.mark.parametrize("folder", bundled(), ids=lambda folder: folder.name)
def test_the_snippets_of_a_card_run(folder, tmp_path, portrait):
    shutil.copy(portrait, tmp_path / "photo.jpg")
    (tmp_path / "weights").symlink_to(folder.parent)
    snippets = re.findall(r"```python\n(.*?)```", (folder / CARD).read_text(), re.DOTALL)
    assert snippets
    for snippet in snippets:
        done = subprocess.run(
            [sys.executable, "-c", snippet],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "happiness" in done.stdout


FOREIGN = """---
license: mit
model-index:
- name: other
  results:
  - task: {type: image-classification}
    dataset: {type: x, name: X}
    metrics:
    - {type: accuracy, value: 0.9134}
---
# Other
## Usage
## Limitations
## Training data
## Evaluation results
It reaches 91.34 %.
"""


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", None),
        ("91.34 %", "91.43 %", "accuracy 0.9134 is not in its text"),
        ("## Limitations\n", "", "no section on limits"),
        ("license: mit\n", "", "no license"),
        ("# Other", "# Other ![x](gone.png)", "gone.png is broken"),
        ("model-index", "model_index", "no figure can be checked"),
    ],
)
def test_other_peoples_cards_are_checked_as_far_as_they_carry_data(tmp_path, old, new, finding):
    (tmp_path / CARD).write_text(FOREIGN.replace(old, new, 1))
    findings = check(tmp_path)
    assert findings == [] if finding is None else any(finding in found for found in findings)
