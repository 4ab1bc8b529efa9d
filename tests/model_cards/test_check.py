"""The check of a card names whatever is other than what was measured."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from generated import MEMBER, write_split
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fer.evaluation.plots import FIGURES
from fer.models.model_folder import CARD, open_model
from model_cards import metadata
from model_cards.__main__ import main
from model_cards.card import renamed
from model_cards.check import check, compare_lines, require_good_card
from model_cards.metadata import RESULTS
from model_cards.readme import bundled_models

BUNDLED = [folder.path for folder in bundled_models()]


def other_digit(text: str, place: int) -> str:
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def written(folder: Path) -> list[Path]:
    """Card and result files."""
    return [folder / CARD, *folder.glob(RESULTS)]


@pytest.mark.parametrize("folder", [*BUNDLED, Path("one"), Path("both")], ids=lambda f: f.name)
def test_any_changed_digit_is_named(made, folder):
    for path in written(made / folder):  # a bundled folder is absolute
        text = path.read_text(encoding="utf-8")
        digits = [match.start() for match in re.finditer(r"\d", text)]
        assert len(digits) > (300 if path.name == CARD else 30)
        for place in digits:
            line = text.count("\n", 0, place) + 1
            findings = compare_lines(other_digit(text, place), text, path.name)
            assert [finding.where for finding in findings] == [f"{path.name}, line {line}"]
            assert findings[0].found != findings[0].right


@pytest.mark.parametrize("name", ["one", "both"])
def test_the_last_digit_of_every_line_is_checked(copy, name):
    expected = set()
    for path in written(copy / name):
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if digits := [match.start() for match in re.finditer(r"\d", line)]:
                lines[number] = other_digit(line, digits[-1])
                expected.add(f"{path.relative_to(copy / name).as_posix()}, line {number + 1}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert {finding.where for finding in check(copy / name)} == expected


def test_a_card_on_the_hub_is_checked_too(copy, loopback, capsys):
    edit(copy / "one" / CARD, "## Limits\n", "## Limits\n\nProse of one's own.\n")
    card = renamed(open_model(copy / "one"), "me/one")
    (copy / "one" / CARD).write_text(card, encoding="utf-8")
    loopback.upload("me/one", copy / "one")
    assert main(["check", "me/one"]) == 0
    assert 'fer.load("me/one")' in card, "the snippet names the model as the Hub does"
    assert "# me/one\n\nA ConvNeXt-V2" in card
    assert "Prose of one's own." in card
    assert main(["check", "me/gone"]) == 2
    assert "me/gone" in capsys.readouterr().err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("| Overall accuracy | ", "| Overall accuracy | 1", "| Overall accuracy | 1"),
        (
            "## Limits\n",
            "## Limits\n\nIt reaches 99 %.\n",
            "“It reaches 99 %.” comes from nowhere",
        ),
        ("## Limits\n", "## Shortcomings\n", "“Limits” is missing"),
        ("license: other", "license: mit", "license: mit license: other"),
        ("(plots/validation_confusion.png)", "(plots/none.png)", "plots/none.png is broken"),
        ("value: ", "value: 1", "value: 1"),
        ("license: other\n", "license: other\nlicense: mit\n", "“license: mit” comes from nowhere"),
        ("pipeline_tag", "---\npipeline_tag", "“---” comes from nowhere"),
        ("## Limits\n", "## Limits\n<!--", "“Limits” is empty"),
        ("library_name: fer-toolkit", "library_name: other", "library_name: other"),
        ("# one\n", "# other\n", "name: one"),
    ],
    ids=[
        *("figure", "added figure", "section", "licence", "link", "metadata", "second licence"),
        *("metadata cut short", "hidden", "another library", "another name"),
    ],
)
def test_whatever_is_off_is_found(copy, capsys, old, new, finding):
    edit(copy / "one" / CARD, old, new)
    assert main(["check", str(copy / "one")]) == 1
    assert finding in " ".join(capsys.readouterr().out.split())


def test_prose_of_ones_own_is_welcome_and_listed(copy, capsys):
    edit(copy / "one" / CARD, "## Limits\n", "## Limits\n\nWe are fond of it.\n")
    (finding,) = check(copy / "one")
    assert (finding.found, finding.wrong) == ("“We are fond of it.”", False)
    assert main(["check", str(copy / "one")]) == 0
    assert "Written by hand, and checked by nobody but you" in capsys.readouterr().out
    require_good_card(open_model(copy / "one"))


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("## Limits\n", "## Limits\n\nIt finds ninety-nine in a hundred.\n", "comes from nowhere"),
        ("## Limits\n", "## Limits\n\nHalf the work.\n", "comes from nowhere"),
        ("## Limits\n", "## Limits\n\nIt errs in ½ a per cent.\n", "comes from nowhere"),
        ("## Limits\n", "## Limits\n\nIt errs in ⑨ cases.\n", "comes from nowhere"),
        ("## Limits\n", "<div hidden>\n\n## Limits\n", "HTML, which may hide"),
        ("## Limits\n", "<!--\n## Limits\n", "not shown as it should be"),
        ("## Limits\n", "$$\n## Limits\n", "a formula, which may hide"),
        ("## Limits\n", "```\n## Limits\n", "not shown as it should be"),
        ("## Limits\n", "## Limits\n\nFine <span hidden>here.\n", "HTML, which may hide"),
    ],
)
def test_what_is_hidden_or_said_in_words_is_found(copy, old, new, finding):
    edit(copy / "one" / CARD, old, new)
    assert any(finding in str(found) for found in check(copy / "one") if found.wrong)


@pytest.mark.parametrize("forge", ["blank", "another size", "a cell"])
def test_a_picture_with_the_mark_of_others_is_found(copy, forge):
    path = copy / "one" / "plots" / "validation_confusion.png"
    with Image.open(path) as picture:
        marks = PngInfo()
        marks.add_text(FIGURES, picture.info[FIGURES])
        forged = picture.convert("RGB")
    if forge == "blank":
        forged = Image.new("RGB", forged.size, "white")
    elif forge == "another size":
        forged = forged.resize((100, 100))
    else:  # a figure of the matrix is painted over
        forged.paste("white", (forged.width // 2, 0, forged.width // 2 + 40, forged.height // 2))
    forged.save(path, pnginfo=marks)
    assert [str(finding) for finding in check(copy / "one")] == [
        "plots/validation_confusion.png: it was not drawn of these figures"
    ]


def test_result_files_are_checked_too(copy):
    path = copy / "one" / ".eval_results" / "validation.yaml"
    assert [entry["dataset"] for entry in yaml.safe_load(path.read_text())] == [
        {"id": "me/benchmark", "task_id": "validation_overall_accuracy"},
        {"id": "me/benchmark", "task_id": "validation_mean_class_accuracy"},
    ]
    edit(path, "value: ", "value: 1")
    path.with_name("test.yaml").write_text("- value: 99.9\n")
    assert [finding.where for finding in check(copy / "one")] == [
        ".eval_results/test.yaml, line 1",
        ".eval_results/validation.yaml, line 4",
    ]
    assert main([str(copy / "one")]) == 0  # writes what belongs there, and nothing else stays
    assert check(copy / "one") == []


def test_results_on_what_is_no_benchmark_are_for_the_card_alone(copy, monkeypatch):
    """The Hub would render nothing of them."""
    monkeypatch.setattr(metadata, "BENCHMARKS", {})
    results = copy / "one" / ".eval_results" / "validation.yaml"
    lines = len(results.read_text().splitlines())
    places = [f".eval_results/validation.yaml, line {line}" for line in range(1, lines + 1)]
    assert [finding.where for finding in check(copy / "one")] == places
    assert main([str(copy / "one")]) == 0
    assert not results.exists()
    assert check(copy / "one") == []
    assert "model-index:" in (copy / "one" / CARD).read_text(encoding="utf-8")


@pytest.mark.parametrize("deep", ["[" * 3000, "{a: " * 3000])
def test_a_members_card_that_cannot_be_read_states_no_licence(copy, deep):
    edit(copy / "one" / CARD, "license: ", f"x: {deep}\nlicense: ")
    assert "licence: the card of one does not state its licence, should be " in " ".join(
        str(finding) for finding in check(copy / "both")
    )


def test_a_folder_where_results_belong_is_no_result(copy):
    (copy / "one" / ".eval_results" / "old.yaml").mkdir()
    assert check(copy / "one") == []


def test_pictures_of_other_figures_are_found(copy):
    for name, content in (("confusion", "other"), ("reliability", None)):
        path = copy / "one" / "plots" / f"validation_{name}.png"
        path.unlink() if content is None else shutil.copy(Path(MEMBER) / "plots" / path.name, path)
    assert {finding.where for finding in check(copy / "one")} == {
        "plots/validation_confusion.png",
        "plots/validation_reliability.png",
        CARD,  # whose link is broken
    }


def test_judging_again_tells_figures_that_the_weights_do_not_give(copy, made, capsys):
    rerun = ["check", str(copy / "one"), "--rerun", str(made)]
    assert main(rerun) == 0
    assert (
        "Not checkable by judging again: times_scored, provenance.commit" in capsys.readouterr().out
    )
    figures = json.loads((copy / "one" / "metrics.json").read_text())
    figures["validation"]["log_loss"] += 1e-6  # not to be seen on the card
    (copy / "one" / "metrics.json").write_text(json.dumps(figures))
    assert main([str(copy / "one")]) == 0
    assert main(["check", str(copy / "one")]) == 0, "the card says what metrics.json says"
    assert main(rerun) == 1
    assert "metrics.json, validation.log_loss  " in capsys.readouterr().out


def test_judging_again_wants_the_same_faces(copy, capsys):
    write_split(copy / "validation.parquet", 34)
    assert main(["check", str(copy / "one"), "--rerun", str(copy)]) == 1
    said = capsys.readouterr().out
    assert "it is of other faces than validation of" in said
    assert "1 thing to mend" in said


def test_a_run_is_named_by_its_folder(copy, capsys):
    (copy / "run").mkdir()
    (copy / "one").rename(copy / "run" / "model")
    assert main([str(copy / "run")]) == 0
    assert main(["check", str(copy / "run")]) == 0
    assert "\n# run\n" in (copy / "run" / "model" / CARD).read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone"], "no model folder gone"),
        (["check"], "Say what to check"),
        (["check", "gone"], "gone"),
        (["gone", "--rerun", "data"], "--rerun goes with check"),
        (["check", "gone", "--rerun", ""], "an empty name"),
        (["check", ""], "an empty name"),
        (["gone", "--data", ""], "an empty name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_gets_a_sentence(capsys, arguments, sentence):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
