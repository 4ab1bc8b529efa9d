"""Other people's cards are checked as far as they carry data, and whatever they are."""

import os
import subprocess
import sys

import pytest
from serving import ROOT

from fer.models.model_folder import CARD
from model_cards.__main__ import main
from model_cards.check import check
from model_cards.links import broken_links
from model_cards.third_party import stated

CARD_WITH_RESULTS = """---
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
```python
answer = models["other"](photo)
```
## Limitations
It knows no cats.
## Training data
Photos.
## Evaluation results
It reaches 91.34 %. See [the site](https://huggingface.co) and [below](#usage).
"""


# Nine lists of nine lists of nine lists …: written out, a gigabyte.
BOMB = "&a [x, x, x, x, x, x, x, x, x]"
for name, inner in zip("bcdefghi", "abcdefgh", strict=True):
    BOMB = f"&{name} [{BOMB}, {', '.join([f'*{inner}'] * 8)}]"


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", None),
        ("91.34 %", "0.913", None),
        ("value: 0.9134", "value: 91.34", None),
        ("value: 0.9134", 'value: "91.34%"', None),
        ("91.34 %", "91.43 %", "accuracy 0.9134 is not in its text"),
        ("91.34 %", "1 of 1", "accuracy 0.9134 is not in its text"),
        ("## Limitations\nIt knows no cats.\n", "", "no section on limits"),
        ("It knows no cats.", "", "“Limitations” says nothing"),
        ("It knows no cats.", "[More Information Needed]", "“Limitations” says nothing"),
        ("It knows no cats.", "- **Of pictures:** [More Information Needed]", "says nothing"),
        ("It knows no cats.", "### More\n\nTODO", "“Limitations” says nothing"),
        ("It knows no cats.", "<!-- It knows no cats. -->", "“Limitations” says nothing"),
        ("license: mit\n", "", "no license"),
        ("# Other", "# Other ![x](gone.png)", "gone.png is broken"),
        ("model-index", "model_index", "no figure can be checked"),
        ("- name: other\n", "", "no figure can be checked"),
        ("license: mit", "license: [mit", "metadata cannot be read"),
        ("license: mit", f"license: {'[' * 2000}", "nested too deeply"),
        ("license: mit", "".join(f"{' ' * i}a:\n" for i in range(900)), "nested too deeply"),
        ("license: mit", "license: mit\nday: 2026-99-99", "month must be in 1..12"),
        ("value: 0.9134", f"value: 0x{'f' * 9000}", "is not in its text"),
        ("value: 0.9134", f"value: {BOMB}", "accuracy [[[[[[[...], "),
        ("value: 0.9134", f"value: {'a' * 9000}", "accuracy aaa"),
        ("value: 0.9134", "value: [0.9134]", "accuracy [0.9134] is not in its text"),
        ("value: 0.9134", 'value: "\\e[2J"', "accuracy ?[2J is not in its text"),
        ("91.34 %", f"0.{'1' * 400} or {'9' * 400}", "accuracy 0.9134 is not in its text"),
        ("# Other", f"# Other [a]({'x' * 300})", "the link to xxx"),
        ("# Other", f"# Other [a]({'x/' * 3000})", "the link to x/x/"),
        ("# Other", "# Other [a](%00)", "the link to ? is broken"),
    ],
)
def test_a_card_with_results(tmp_path, old, new, finding):
    (tmp_path / CARD).write_text(CARD_WITH_RESULTS.replace(old, new, 1))
    findings = [str(found) for found in check(tmp_path)]
    assert findings == [] if finding is None else any(finding in found for found in findings)
    assert not any("\n" in found or len(found) > 300 for found in findings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A model.\n",
        "# A model\n\nNo metadata, 99 % right.\n",
        "---\n---\n",
        "---\n- a list\n---\n# A model\n",
        "---\nlicense: mit\n# never closed\n",
        "---\nmodel-index: none\n---\n# A model\n",
    ],
)
def test_a_card_without_results_is_told_so(tmp_path, text):
    (tmp_path / CARD).write_text(text)
    (tmp_path / "config.json").write_text('{"architectures": ["ViTForImageClassification"]}')
    assert any("metadata" in str(finding) for finding in check(tmp_path))


def test_a_card_on_the_hub_may_link_to_what_stays_there(loopback, tmp_path, capsys):
    links = "[a](LICENSE) [b](./code/run.py) [c](code) [d](gone.txt)\n"
    (tmp_path / CARD).write_text(CARD_WITH_RESULTS + links)
    (tmp_path / "code").mkdir()
    for name in ("LICENSE", "code/run.py", "model.safetensors"):
        (tmp_path / name).write_text("left on the Hub")
    loopback.upload("me/other", tmp_path)
    assert main(["check", "me/other"]) == 1
    out = capsys.readouterr().out
    assert "me/other: 1 thing to mend" in out
    assert "the link to gone.txt is broken" in out
    assert not any("safetensors" in request for request in map(str, loopback.requests))


@pytest.mark.parametrize(
    ("make", "finding"),
    [
        (lambda path: None, "there is no card"),
        (lambda path: path.write_bytes(b"\xff"), "it is not UTF-8 text"),
        (lambda path: path.mkdir(), "it cannot be read: Is a directory"),
        (
            lambda path: path.symlink_to(path),
            "it cannot be read: Too many levels of symbolic links",
        ),
    ],
)
def test_what_is_no_text_is_no_card(tmp_path, make, finding):
    make(tmp_path / CARD)
    assert [str(finding) for finding in check(tmp_path)] == [f"{CARD}: {finding}"]


TWO_FIGURES = """---
license: mit
model-index:
- name: other
  results:
  - task: {type: image-classification}
    dataset: {type: x, name: Cats}
    metrics:
    - {type: accuracy, value: 0.9134}
    - {type: f1, value: 0.8876}
  - task: {type: image-classification}
    dataset: {type: y, name: Dogs}
    metrics:
    - {type: accuracy, value: 0.7211}
---
## Usage
Run it at 0.9134 or 72.11 volts.
## Limits
None but these: 88.76 of them.
## Training data
Photos.
## Results
"""
TABLE = "| Data | Accuracy | F1 |\n|---|---|---|\n| Cats | {} | {} |\n| Dogs | {} | – |\n"
LONG = "| | Cats | Dogs |\n|---|---|---|\n| Accuracy | {} | {} |\n| F1 | {} | – |\n"
PROSE = "On Cats accuracy is {} and F1 is {}.\n\nOn Dogs the accuracy is {}.\n"
UNDER = "### Cats\n- accuracy: {}\n- F1: {}\n### Dogs\n- accuracy: {}\n"


@pytest.mark.parametrize(
    ("body", "figures", "lost"),
    [
        (TABLE, ("91.34", "88.76", "72.11"), []),
        (TABLE, ("88.76", "91.34", "72.11"), ["accuracy 0.9134", "f1 0.8876"]),
        (TABLE, ("72.11", "88.76", "91.34"), ["accuracy 0.9134", "accuracy 0.7211"]),
        (LONG, ("91.34", "72.11", "88.76"), []),
        (LONG, ("72.11", "91.34", "88.76"), ["accuracy 0.9134", "accuracy 0.7211"]),
        (PROSE, ("91.34 %", "0.888", "72.1 %"), []),
        (PROSE, ("88.76 %", "0.9134", "72.1 %"), ["accuracy 0.9134", "f1 0.8876"]),
        (PROSE, ("72.1 %", "0.888", "91.34 %"), ["accuracy 0.9134", "accuracy 0.7211"]),
        (UNDER, ("91.34 %", "0.888", "72.1 %"), []),
        (UNDER, ("72.1 %", "0.888", "91.34 %"), ["accuracy 0.9134", "accuracy 0.7211"]),
        ("```\nCats: accuracy {} f1 {}\nDogs: accuracy {}\n```", ("0.91", "0.89", "0.72"), []),
        ("See above{}{}{}.", ("", "", ""), ["accuracy 0.9134", "f1 0.8876", "accuracy 0.7211"]),
    ],
)
def test_a_figure_agrees_only_with_its_own_place(tmp_path, body, figures, lost):
    (tmp_path / CARD).write_text(TWO_FIGURES + body.format(*figures))
    assert [finding.found for finding in check(tmp_path)] == [
        f"{figure} is not in its text, at its own place" for figure in lost
    ]


@pytest.mark.parametrize(
    ("precision", "recall", "f1", "possible"),
    [
        (0.9, 0.8, 0.847, True),
        (90, 80, 84.7, True),
        (0.9, 0.8, 0.83, True),  # of several classes, of which F1 is the mean
        (0.9, 0.8, 0.87, False),
        (0.9, 0.9, 0.5, False),
        (0.5, 0.5, 0.1, True),  # classes that are found never or answered wrongly
        (1.0, 1.0, 1.0, True),
        (-0.2, 0.5, 0.5, False),
        (0.9, 0.8, 130, False),
    ],
)
def test_precision_recall_and_f1_of_metadata_go_together(tmp_path, precision, recall, f1, possible):
    values = {"precision": precision, "recall": recall, "f1": f1}
    metrics = [f"- {{type: {kind}, value: {value}}}" for kind, value in values.items()]
    card = CARD_WITH_RESULTS.replace("- {type: accuracy, value: 0.9134}", "\n    ".join(metrics))
    said = "".join(f"- {kind}: {value}\n" for kind, value in values.items())
    (tmp_path / CARD).write_text(card + said)
    findings = [finding.found for finding in check(tmp_path) if "own place" not in finding.found]
    assert bool(findings) != possible, findings


@pytest.mark.parametrize(
    ("row", "possible"),
    [
        ("| fear | 0.75 | 0.67 | 0.71 | 73 |", True),
        ("| fear | 0.75 | 0.67 | 0.65 | 73 |", False),
        ("| fear | 0.75 | 0.67 | 0.77 | 73 |", False),
        ("| macro avg | 0.80 | 0.70 | 0.72 | 73 |", True),
        ("| macro avg | 0.80 | 0.70 | 0.82 | 73 |", False),
        ("| fear | – | – | – | 0 |", True),
    ],
)
def test_precision_recall_and_f1_of_a_table_go_together(tmp_path, row, possible):
    table = f"\n| | Precision | Recall | F1 | Support |\n|---|---|---|---|---|\n{row}\n"
    (tmp_path / CARD).write_text(CARD_WITH_RESULTS + table)
    findings = check(tmp_path)
    assert bool(findings) != possible
    assert possible or "cannot go together" in str(findings[0])


@pytest.mark.parametrize(("encoding", "mark"), [("ascii", "ok"), ("cp1252", "ok"), ("utf-8", "✓")])
def test_the_check_is_told_in_any_encoding(tmp_path, encoding, mark):
    (tmp_path / CARD).write_text(CARD_WITH_RESULTS)
    command = [sys.executable, "-m", "model_cards", "check", str(tmp_path)]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert (told.returncode, told.stderr) == (0, b"")
    assert told.stdout.decode(encoding).startswith(f"{mark} {tmp_path}: nothing")


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("[a](there.png)", []),
        ("[a](./there.png#part)", []),
        ('[a](there.png "title")', []),
        ("[a](gone.png 'title')", ["gone.png"]),
        ("[a](<two words.png>)", []),
        ("[a](two%20words.png)", []),
        ("[a]: gone.md", ["gone.md"]),
        ('<img width="9" src="gone.png">', ["gone.png"]),
        ("[![badge](gone.svg)](https://there)", ["gone.svg"]),
        ("[a](https://gone) [b](mailto:me@there) [c](#part) [d](/datasets/x)", []),
        ("[a](gone(1).txt)", ["gone(1).txt"]),
        ("| a |\n|---|\n| ![a](gone.png) |", ["gone.png"]),
        ("\\[a](gone)", []),
        ("    [a](gone)", []),
        ("<!-- <img src='gone.png'> -->", []),
        ("`a[0](gone)`", []),
        ("```\na[0](gone)\n```\n[b](gone.txt) [again](gone.txt)", ["gone.txt"]),
    ],
)
def test_links_to_files(tmp_path, link, broken):
    for name in ("there.png", "two words.png"):
        (tmp_path / name).touch()
    assert broken_links(link, tmp_path) == broken


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        (0.91342857, "accuracy 0.9134", True),
        (0.91342857, "accuracy 91.3%", True),
        (91.342857, "| 91.34 |", True),
        (0.91342857, "accuracy 0.9135", False),
        (0.91342857, "version 91.34.1", False),
        (0.91342857, "9134 faces", False),
        (0.5, "one of 5", False),
        (1.0, "accuracy 100 %", True),
        (7, "7 classes", True),
        ("high", "It is high.", True),
        ("high", "It is low.", False),
    ],
)
def test_a_figure_is_found_in_a_text(value, text, found):
    assert any(stated(value, text)) == found
