"""A card rests on figures that are whole, finite, of these weights and of one piece."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from generated import MEMBER
from spoiling import judged_so, set_config

from fer.evaluation.metrics import evaluate
from fer.models.config import TrainingData
from fer.models.model_folder import CARD
from fer.models.records import SplitFigures, read_metrics, write_metrics
from model_cards.__main__ import main
from model_cards.licences import strictest
from model_cards.metadata import read_metadata
from train.engine.initialize import timms_weights


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


def before_judging(spoil: callable) -> callable:
    """The same before the model was judged."""

    def spoil_and_judge(folder: Path) -> None:
        spoil(folder)
        judged_so(folder)

    return spoil_and_judge


def text(file: str, content: str) -> callable:
    return lambda folder: (folder / file).write_text(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "metrics.json").unlink(), "has no metrics.json"),
        (text("metrics.json", "{}"), "has no metrics.json"),
        (text("metrics.json", "[1]"), "has no metrics.json"),
        (text("metrics.json", "{"), "metrics.json is not valid JSON"),
        (text("metrics.json", '{"validation": 1}'), "validation is not as it should be"),
        (metrics("n", KeyError), "validation.n is missing"),
        (metrics("overall_accuracy", KeyError), "validation.overall_accuracy is missing"),
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
        (before_judging(text("training.json", "[]")), "training.json of"),
        (
            before_judging(put("training.json", "recipe.stages", [{"name": "one"}])),
            "stages[0].size is missing",
        ),
        (put("training.json", "seconds", 1.0), "measured with another training.json"),
        (lambda folder: (folder / "training.json").unlink(), "with another training.json"),
        (set_config(temperature=1.5), "measured with another config.json"),
        (set_config(grey=False), "measured with another config.json"),
        (set_config(mirror=True), "measured with another config.json"),
        (metrics("provenance.faces", KeyError), "are of an older format"),
        (metrics("provenance.records", KeyError), "are of an older format"),
        (metrics("provenance.split", "test"), "say that they are of test"),
        (metrics("provenance.recipe", "mine"), "recipe mine"),
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


FER, RAF, DLIB, MINE, OLD = (
    TrainingData("FER+ train", "", "research-and-demonstration"),
    TrainingData("RAF-DB train", "", "non-commercial-research"),
    TrainingData("photos from the web, by dlib's author", "CC0-1.0", "cc0-1.0"),
    TrainingData("mine", "as I like", "not one of ours"),
    TrainingData("FER+ train", "research only"),  # of a folder that has no identifier yet
)


@pytest.mark.parametrize(
    ("data", "imagenet", "licence"),
    [
        ([FER], False, "research-and-demonstration"),
        ([RAF], False, "non-commercial-research"),
        ([FER, RAF], False, "non-commercial-research"),  # begun on the one, finished on the other
        ([FER], True, "cc-by-nc-4.0"),
        ([RAF], True, "cc-by-nc-4.0"),
        ([DLIB], False, "cc0-1.0"),
        ([FER, DLIB], False, "research-and-demonstration"),  # a free start makes nothing stricter
        ([MINE, FER], True, "unknown"),
        ([OLD], False, "unknown"),
    ],
)
def test_the_strictest_licence_counts(data, imagenet, licence):
    assert strictest(data, imagenet).id == licence


@pytest.mark.parametrize(
    ("start", "licence", "words"),
    [
        ({"pretrained": True}, "cc-by-nc-4.0", "which began with ImageNet weights"),
        ({"weights": "timm/a.b"}, "- timm/a.b\n", "which began with timm’s weights `timm/a.b`"),
        (
            {"recipe": None, **asdict(timms_weights("resnet18"))},
            "license_name: research-and-demonstration",  # stricter than Apache 2.0
            "from timm’s weights `timm/resnet18.a1_in1k`",
        ),
        (
            {"recipe": None, **asdict(timms_weights("convnextv2_atto"))},
            "license: cc-by-nc-4.0",
            "- the weights timm/convnextv2_atto.fcmae_ft_in1k of timm (arXiv:2301.00808).",
        ),
        ({"training_data": [asdict(RAF)]}, "non-commercial-research", "- RAF-DB train."),
        ({"recipe": None}, "research-and-demonstration", "not trained here"),
    ],
)
def test_the_terms_of_an_earlier_model_stay(folder, start, licence, words):
    earlier = {"recipe": "first", "seconds": 3600, "commit": "abc", **start}
    put("training.json", "started_from", earlier)(folder)
    judged_so(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert licence in card.split("\n---", 1)[0]
    assert words in card


def test_the_terms_of_a_teacher_stay(folder):
    teacher = {"recipe": "wise", "training_data": [asdict(RAF)]}
    put("training.json", "taught_by", [teacher])(folder)
    judged_so(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "non-commercial-research" in card.split("\n---", 1)[0]
    for words in ("- RAF-DB train.", "recipes `wise`", "“Distilling the Knowledge"):
        assert words in card
    assert main(["check", str(folder)]) == 0


def test_a_start_from_dlibs_network_is_named_and_cited(folder):
    put("config.json", "architecture", "face_resnet29")(folder)
    put("training.json", "started_from", {"training_data": [asdict(DLIB)]})(folder)
    judged_so(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "license_name: research-and-demonstration" in card
    for words in (
        "A ResNet-29 that reads",
        "from dlib’s face recognition network",
        "- photos from the web, by dlib's author. CC0-1.0\n",
        "“Deep Residual Learning for Image Recognition”",
        "“Dlib-ml: A Machine Learning Toolkit”",
    ):
        assert words in card
    assert main(["check", str(folder)]) == 0


WITHOUT_FEAR = [
    [9, 1, 0, 0, 0, 0, 0],
    [0] * 7,
    *([0] * e + [10] + [0] * (6 - e) for e in range(2, 7)),
]


def judged_on(folder: Path, data: str, counts: list[list[int]], split: str) -> None:
    """Give a model the figures of such counts."""
    old = read_metrics(folder)["validation"]
    labels, answers = np.repeat(np.indices((7, 7)).reshape(2, -1), np.ravel(counts), axis=1)
    figures = evaluate(np.eye(7, dtype=np.float32)[answers], labels)
    source = replace(old.provenance, data=data, split=split)
    write_metrics(folder, {split: SplitFigures(**vars(figures), provenance=source, times_scored=1)})


@pytest.mark.parametrize("data", ["rafdb", "ferplus"])
def test_a_folders_name_makes_no_published_data_of_a_few_faces(folder, data):
    judged_on(folder, data, WITHOUT_FEAR, "test")
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert f"60 faces of “{data}”, which is not the published " in card
    assert "## Beside other work" not in card
    assert main(["check", str(folder)]) == 0


def test_nothing_is_said_of_an_emotion_that_was_not_tested(folder):
    judged_on(folder, "mine", WITHOUT_FEAR, "test")
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "misses more than half" not in card
    assert "No face of fear was among those tested" in card
    assert "| fear | – | – | – | 0 |" in card
    assert "surprise least" in card
    assert "10 % of surprise is answered fear" in card


def test_a_model_without_mistakes_has_no_most_frequent_one(folder):
    judged_on(folder, "mine", (10 * np.eye(7, dtype=int)).tolist(), "test")
    assert main([str(folder)]) == 0
    assert "most frequent mistake" not in (folder / CARD).read_text(encoding="utf-8")


def test_own_photos_are_not_said_to_be_from_the_web(folder):
    put("config.json", "training_data", asdict(MINE))(folder)
    judged_so(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "found on the web, mostly frontal" not in card
    assert "What the faces are like that it learnt from is not known here" in card


def test_ids_of_the_hub_are_real_or_absent(folder):
    about = read_metadata((folder / CARD).read_text(encoding="utf-8"))
    assert about.get("datasets") is None
    assert {result.dataset_type for result in about.eval_results} == {"imagefolder"}
    put("metrics.json", "validation.provenance.data", "me/faces")(folder)
    assert main([str(folder)]) == 0
    about = read_metadata((folder / CARD).read_text(encoding="utf-8"))
    assert {result.dataset_type for result in about.eval_results} == {"me/faces"}


def test_a_model_that_was_not_trained_here_says_so(folder):
    (folder / "training.json").unlink()
    judged_so(folder)
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "is not on record here" in card
    assert "from scratch" not in card
