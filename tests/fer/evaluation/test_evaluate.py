"""Figures are what their definitions say, and `train.evaluate` writes and checks them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from generated import write_ensemble, write_split, write_untrained

from fer.evaluation.metrics import (
    accuracies,
    evaluate,
    expected_calibration_error,
    overall_accuracy,
    reliability,
    with_interval,
)
from fer.evaluation.scorings import SCORINGS
from fer.labels import EMOTIONS
from fer.models.config import TrainingData
from fer.models.records import named_commit
from model_cards.__main__ import main as write_card
from train.evaluate import main

SURPRISE, FEAR, DISGUST, HAPPINESS, SADNESS, ANGER, NEUTRAL = range(7)


@pytest.mark.parametrize(
    ("predicted", "labels", "overall", "mean_class"),
    [
        ([0, 1, 2], [0, 1, 2], 1, 1),
        ([0, 0, 0], [1, 1, 1], 0, 0),
        ([0, 0, 0, 0], [0, 0, 0, 1], 3 / 4, 1 / 2),  # a rare class counts as much as a common one
        ([6, 6], [6, 5], 1 / 2, 1 / 2),  # classes without faces do not count
    ],
)
def test_accuracies(predicted, labels, overall, mean_class):
    assert accuracies(np.array(predicted), np.array(labels)) == (overall, mean_class)


@pytest.mark.parametrize(
    ("predicted", "label", "right_5", "right_3"),
    [
        (FEAR, FEAR, 1, 1),
        (FEAR, ANGER, 1, 1),  # both very negative
        (SADNESS, ANGER, 0, 1),  # both negative, of different strength
        (SURPRISE, HAPPINESS, 0, 1),
        (NEUTRAL, SADNESS, 0, 0),
        (SURPRISE, FEAR, 0, 0),
    ],
)
def test_levels_of_the_answered_emotion(predicted, label, right_5, right_3):
    figures = evaluate(np.eye(7, dtype=np.float32)[[predicted]], np.array([label]))
    assert figures.levels_5.mapped_accuracy == right_5
    assert figures.levels_3.mapped_accuracy == right_3


def test_a_level_may_win_without_its_emotions():
    probabilities = np.array([[0, 0.25, 0.25, 0.4, 0, 0.1, 0]], np.float32)
    levels = evaluate(probabilities, np.array([ANGER])).levels_5
    assert (levels.accuracy, levels.mapped_accuracy) == (1, 0)


@pytest.mark.parametrize(
    ("confidence", "hits", "error"), [(0.9, 9, 0.0), (0.9, 5, 0.4), (0.6, 10, 0.4)]
)
def test_calibration_error_is_the_gap_of_confidence_and_accuracy(confidence, hits, error):
    probabilities = np.full((10, 7), (1 - confidence) / 6, np.float32)
    probabilities[:, HAPPINESS] = confidence
    labels = np.array([HAPPINESS] * hits + [NEUTRAL] * (10 - hits))
    bins = reliability(probabilities, labels)
    assert [row.n for row in bins] == [10]
    assert expected_calibration_error(bins) == pytest.approx(error, abs=1e-5)


def test_interval_holds_the_value_and_shrinks_with_more_faces():
    widths = []
    for n in (100, 10_000):
        labels = np.zeros(n, int)
        predicted = np.where(np.arange(n) % 5, 0, 1)
        figure = with_interval(overall_accuracy, predicted, labels)
        assert figure.low < figure.value == 0.8 < figure.high
        widths.append(figure.high - figure.low)
    # The binomial standard error gives 4 · √(0.8 · 0.2 / n), about.
    assert widths == pytest.approx([0.157, 0.0157], rel=0.1)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    write_untrained(folder, TrainingData("generated", "none needed"))
    write_split(folder / "data" / "validation.parquet", 21)
    return folder


def run(model, *more: str) -> int:
    return main(["--model", str(model), "--data", str(model / "data"), *more])


def test_figures_are_written_checked_and_put_on_the_card(model, capsys):
    assert run(model) == 2, "there is nothing to compare with yet"
    assert run(model, "--write") == 0
    assert run(model) == 0
    recorded = json.loads((model / "metrics.json").read_text())["validation"]
    assert recorded["n"] == 21
    assert list(recorded["per_class"]) == list(EMOTIONS)
    assert np.sum(recorded["confusion"]) == 21
    assert {"data", "split", "commit", "recipe", "date", "versions"} <= set(recorded["provenance"])
    assert write_card([str(model)]) == 0
    card = (model / "README.md").read_text()
    assert f"{100 * recorded['overall_accuracy']['value']:.2f} %" in card
    assert recorded["provenance"]["commit"] in card
    capsys.readouterr()


def test_other_figures_than_the_recorded_ones_are_noticed(model, capsys):
    assert run(model, "--write") == 0
    path = model / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["validation"]["confusion"][0][0] += 2
    path.write_text(json.dumps(metrics))
    assert run(model) == 1
    assert "differ from" in capsys.readouterr().out


def test_every_scoring_of_a_test_split_is_counted(model):
    write_split(model / "data" / "test.parquet", 7)
    for times, more in enumerate([["--write"], [], ["--write"]], 1):
        assert run(model, "--split", "test", *more) == 0
        assert len(json.loads((model / "test_scorings.json").read_text())) == times
    figures = json.loads((model / "metrics.json").read_text())["test"]
    assert figures["times_scored"] == 3
    assert figures["provenance"]["weights"].keys() == {"model.safetensors"}
    (model / "data" / "test.parquet").unlink()


def forget_the_list(model):
    (model / SCORINGS).unlink()


def forget_the_digests(model):
    path = model / SCORINGS
    kept = [{"data": one["data"], "date": one["date"]} for one in json.loads(path.read_text())]
    path.write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("change", "times"),
    [
        (lambda model: None, 3),
        (forget_the_list, 3),  # as copying the model alone does: the figures still say so
        (forget_the_digests, 3),  # as lists were once
        (lambda model: write_split(model / "data" / "test.parquet", 14), 1),  # other faces
    ],
)
def test_scorings_are_counted_by_the_faces_wherever_they_are(
    model, tmp_path, monkeypatch, change, times
):
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    for name in ("metrics.json", SCORINGS):
        (copy / name).unlink(missing_ok=True)
    write_split(copy / "data" / "test.parquet", 7)
    judge = ["--model", str(copy), "--split", "test", "--write", "--data"]
    assert main([*judge, str(copy / "data")]) == 0
    monkeypatch.chdir(copy)
    assert main([*judge, "data"]) == 0, "another name of the same place"
    moved = Path(shutil.copytree(copy, tmp_path / "moved"))
    change(moved)
    assert run(moved, "--split", "test", "--write") == 0
    assert json.loads((moved / "metrics.json").read_text())["test"]["times_scored"] == times


def test_a_test_split_under_another_name_is_counted_too(model, tmp_path):
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    (copy / SCORINGS).unlink(missing_ok=True)
    (copy / "metrics.json").unlink(missing_ok=True)
    shutil.copy(copy / "data" / "validation.parquet", copy / "data" / "test.parquet")
    counted = []
    for split in ("validation", "test", "validation"):
        assert run(copy, "--split", split, "--write") == 0
        counted.append(json.loads((copy / "metrics.json").read_text())[split].get("times_scored"))
    assert counted == [None, 1, 2]


def test_an_ensemble_and_its_members_answer_a_test_split_together(tmp_path):
    ensemble = write_ensemble(tmp_path)
    write_split(tmp_path / "data" / "test.parquet", 7)
    folders = [ensemble, tmp_path / "one", tmp_path / "two"]
    counted = []
    for judged in (folders[:1], folders, folders[::-1], folders[1:2]):
        judge = ["--data", str(tmp_path / "data"), "--split", "test", "--write"]
        assert main(["--model", *map(str, judged), *judge]) == 0
        counted.append([len(json.loads((one / SCORINGS).read_text())) for one in folders])
    assert counted == [[1, 1, 1], [2, 2, 2], [3, 3, 3], [3, 4, 3]]


@pytest.mark.parametrize("content", ["{", "[1]", '{"data": 1}'])
def test_a_damaged_list_of_scorings_gets_a_sentence(model, tmp_path, capsys, content):
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    write_split(copy / "data" / "test.parquet", 7)
    (copy / SCORINGS).write_text(content)
    assert run(copy, "--split", "test") == 2
    assert "nobody knows how often the test split was judged" in capsys.readouterr().err


def test_figures_of_an_older_format_are_refused_until_it_is_judged_again(model, capsys):
    assert run(model, "--write") == 0
    path = model / "metrics.json"
    metrics = json.loads(path.read_text())
    for name in ("faces", "records"):
        del metrics["validation"]["provenance"][name]
    path.write_text(json.dumps(metrics))
    assert write_card([str(model)]) == 2
    assert "of an older format, which does not say which faces" in capsys.readouterr().err
    assert run(model, "--write") == 0
    assert write_card([str(model)]) == 0


@pytest.mark.parametrize(
    ("commit", "digits", "words"),
    [
        ("0123456789abcdef", 40, "`0123456789abcdef`"),
        ("0123456789abcdef", 12, "`0123456789ab`"),
        ("0123456789abcdef+", 12, "`0123456789ab+` (+: files had been changed since)"),
        ("0123456789abcdef+", 40, "`0123456789abcdef+` (+: files had been changed since)"),
        ("", 12, "that is not on record"),
    ],
)
def test_a_commit_says_whether_files_had_changed(commit, digits, words):
    assert named_commit(commit, digits) == words


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--split", "test"], "no test split"),
        (["--split", "nope"], "no split 'nope' of any data: choose train, validation, test."),
        (["--split", ""], "no split '' of any data"),
        (["--model", "nowhere"], "no model folder"),
        (
            ["--model", "fer/weights/ddamfn-ferplus", "fer/weights/../weights/ddamfn-ferplus"],
            "one name",
        ),
    ],
)
def test_bad_arguments_get_one_sentence(model, capsys, more, sentence):
    assert run(model, *more) == 2
    error = capsys.readouterr().err.splitlines()
    assert len([line for line in error if sentence in line]) == 1


def test_card_without_metrics_is_refused(model, tmp_path, capsys):
    (tmp_path / "config.json").write_bytes((model / "config.json").read_bytes())
    assert write_card([str(tmp_path)]) == 2
    assert "metrics.json" in capsys.readouterr().err
    assert not (tmp_path / "README.md").exists()
