"""A card rests on figures that are whole, finite, of these weights and of one piece."""

import json
import shutil
from pathlib import Path

import pytest
from generated import MEMBER

from model_cards.__main__ import main
from model_cards.card import CARD
from model_cards.licences import FER_PLUS, IMAGENET, RAF_DB, UNKNOWN, licence_of


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(MEMBER, tmp_path / "model"))


def put(file: str, path: str, value: object) -> callable:
    """A function that sets a value in a folder's JSON file; `KeyError` as a value removes it."""

    def spoil(folder: Path) -> None:
        values = json.loads((folder / file).read_text())
        *parents, name = path.split(".")
        place = values
        for parent in parents:
            place = place[parent]
        if value is KeyError:
            del place[name]
        else:
            place[name] = value
        (folder / file).write_text(json.dumps(values))

    return spoil


def metrics(path: str, value: object) -> callable:
    return put("metrics.json", f"validation.{path}", value)


def text(file: str, content: str) -> callable:
    return lambda folder: (folder / file).write_text(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "metrics.json").unlink(), "has no metrics.json"),
        (text("metrics.json", "{}"), "has no metrics.json"),
        (text("metrics.json", "[1]"), "has no metrics.json"),
        (text("metrics.json", "{"), "metrics.json is not valid JSON"),
        (text("metrics.json", '{"validation": 1}'), "validation.n is missing"),
        (metrics("n", KeyError), "validation.n is missing"),
        (metrics("overall_accuracy", KeyError), "validation.overall_accuracy.value is missing"),
        (metrics("levels_5.mapped_accuracy", KeyError), "levels_5.mapped_accuracy is missing"),
        (metrics("per_class.fear", KeyError), "validation.per_class.fear.precision is missing"),
        (metrics("provenance.commit", KeyError), "validation.provenance.commit is missing"),
        (metrics("log_loss", None), "validation.log_loss is missing"),
        (metrics("log_loss", float("nan")), "validation.log_loss is not finite"),
        (metrics("ece", float("inf")), "validation.ece is not finite"),
        (metrics("per_class.fear.f1", float("nan")), "validation.per_class.fear.f1 is not finite"),
        (metrics("overall_accuracy.value", 0.9), "value is 0.9, but the counts give 0."),
        (metrics("overall_accuracy.value", "0.9"), "is not as it should be"),
        (metrics("overall_accuracy.high", 0.1), "overall_accuracy lies outside its interval"),
        (metrics("per_class.fear.support", 7), "support is 7, but the counts give 73"),
        (metrics("confusion", [[1]]), "is not as it should be"),
        (metrics("provenance.weights", {"model.safetensors": "0"}), "measured on other weights"),
        (lambda folder: (folder / "model.safetensors").unlink(), "lacks"),
        (text("training.json", "{"), "training.json of"),
        (text("training.json", "[]"), "training.json of"),
        (put("training.json", "recipe.stages", [{"name": "one"}]), "lacks something"),
        (put("config.json", "temperature", KeyError), "lacks or misnames a setting"),
    ],
)
def test_nothing_is_written_of_bad_figures(folder, capsys, spoil, sentence):
    spoil(folder)
    before = (folder / CARD).read_bytes()
    assert main([str(folder)]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert (folder / CARD).read_bytes() == before
    assert main(["check", str(folder)]) == 1
    assert sentence[-20:] in capsys.readouterr().out


FER = {"name": "FER+ train", "licence": ""}
RAF = {"name": "RAF-DB train", "licence": ""}


@pytest.mark.parametrize(
    ("data", "pretrained", "licence"),
    [
        ([FER], False, FER_PLUS),
        ([RAF], False, RAF_DB),
        ([FER, RAF], False, RAF_DB),  # begun on the one, finished on the other
        ([FER], True, IMAGENET),
        ([RAF], True, IMAGENET),
        ([{"name": "mine"}, FER], True, UNKNOWN),
    ],
)
def test_the_strictest_licence_counts(data, pretrained, licence):
    assert licence_of(data, pretrained) == licence


@pytest.mark.parametrize(
    ("start", "licence", "words"),
    [
        ({"pretrained": True}, "cc-by-nc-4.0", "which began with ImageNet weights"),
        ({"training_data": [RAF]}, "non-commercial-research", "- RAF-DB train."),
        ({"recipe": None}, "research-and-demonstration", "not trained here"),
    ],
)
def test_the_terms_of_an_earlier_model_stay(folder, start, licence, words):
    earlier = {"recipe": "first", "seconds": 3600, "commit": "abc", **start}
    put("training.json", "started_from", earlier)(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert licence in card.split("\n---", 1)[0]
    assert words in card


def test_a_model_that_was_not_trained_here_says_so(folder):
    (folder / "training.json").unlink()
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "is not on record here" in card
    assert "from scratch" not in card
