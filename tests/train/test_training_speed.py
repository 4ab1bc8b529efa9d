"""The speed of training is measured by each checkout itself; the README shows what was measured."""

import subprocess
from dataclasses import replace

import pytest
from generated import write_split

from fer.data import load_split
from fer.models.config import TrainingData
from train.bench import main
from train.engine.recipe import Recipe, Stage
from train.studies import speed
from train.studies.speed import Speed, compare, comparison_table, measure, with_table

SLOW = Speed("tiny", "whole", 32, loader=100, step=20, both=16)


def test_the_readme_shows_what_was_measured():
    text = speed.README.read_text(encoding="utf-8")
    assert with_table(text) == text


def test_every_speed_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(speed, "SECONDS", 0.1)
    write_split(tmp_path / "train.parquet", 14)
    write_split(tmp_path / "validation.parquet", 7)
    stage = Stage("whole", "whole", size=32, epochs=1, batch=7, lr=1e-3)
    recipe = Recipe("tiny", TrainingData("", ""), (stage,), architecture="convnextv2_atto")
    measured = measure(recipe, 0, load_split(tmp_path, "train"))
    assert replace(measured, loader=100, step=20, both=16, hours=None) == SLOW
    assert measured.hours == pytest.approx(14 / measured.both / 3600)
    assert measured.loader > measured.both > 0
    assert measured.step > 0


def test_the_table_ends_in_the_hours_of_all():
    *_, slow, other, last = speed.table(
        [replace(SLOW, hours=1.5), replace(SLOW, stage="other", hours=0.25)]
    ).splitlines()
    assert slow == "| tiny, whole at 32 | 100 | 20.0 | 16.0 | 1.50 |"
    assert other.endswith("| 0.25 |")
    assert last == "| all of them | | | | 1.75 |"


def test_two_checkouts_are_measured_in_turns_and_the_better_round_counts(tmp_path, monkeypatch):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "bench.py").touch()
    rounds = iter([16, 30, 12, 32])  # before, now, before, now
    asked = []

    def run(command, cwd=None, **_):
        if command[0] == "git":
            return subprocess.CompletedProcess(command, 0, stdout="abc\n")
        asked.append(cwd)
        line = speed.as_json([replace(SLOW, both=next(rounds))])
        return subprocess.CompletedProcess(command, 0, stdout=f"something else\n{line}\n")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(speed, "commit", lambda: "def")
    compared = compare(tmp_path, "data", ["recipe.toml"])
    assert asked == [tmp_path, speed.ROOT] * 2
    assert comparison_table(compared).splitlines()[-1] == (
        "| tiny, whole at 32 | 100 → 100 | 20.0 → 20.0 | 16.0 → 32.0 | +100 % |"
    )


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (str(speed.ROOT), "is this very checkout"),
        ("no such folder", "holds no train/bench.py"),
    ],
)
def test_what_cannot_be_compared(capsys, before, sentence):
    assert main(["--data", "unused", "--before", before]) == 2
    assert sentence in capsys.readouterr().err
