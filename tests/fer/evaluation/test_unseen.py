"""Faces that a model also learnt from are left out of a part of its figures, and cards say so."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from generated import write_untrained
from PIL import Image

from fer.data import load_split
from fer.data.known import KNOWN
from fer.evaluation.report import in_training
from fer.evaluation.unseen import learnt_from
from fer.labels import EMOTIONS
from fer.models.config import TrainingData
from fer.models.files import write_json
from fer.models.model_folder import open_network
from fer.models.records import Origin, TrainingRecord, plain, read_metrics
from model_cards.__main__ import main as cards
from model_cards.readme import results
from train.evaluate import main as judge

MINE, FER = TrainingData("mine", "none"), TrainingData("FER+ train", "")


def picture(seed: int) -> Image.Image:
    """A smooth picture, another one for each seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two faces of each emotion to learn from, three to validate on: the first one is equal to one
    of train, of fear and disgust the second one nearly so."""
    root = tmp_path_factory.mktemp("data")
    for row, emotion in enumerate(EMOTIONS):
        train, validation = (root / split / emotion for split in ("train", "validation"))
        train.mkdir(parents=True)
        validation.mkdir(parents=True)
        both = [picture(10 * row + number) for number in range(4)]
        for number in (0, 1):
            both[number].save(train / f"{number}.png")
        both[0].save(validation / "0.png")
        if emotion in ("fear", "disgust"):
            both[1].save(validation / "1.jpg", quality=60)
        else:
            both[2].save(validation / "1.png")
        both[3].save(validation / "2.png")
    return root


def model(folder: Path, record: TrainingRecord, claim: TrainingData = MINE) -> Path:
    """An untrained model with this record of its training."""
    write_untrained(folder, claim, 32)
    write_json(folder / "training.json", plain(record))
    return folder


def test_figures_without_what_was_learnt_are_recorded_shown_and_held(data, tmp_path, capsys):
    folder = model(tmp_path / "model", TrainingRecord(train=load_split(data, "train").digest))
    assert judge(["--model", str(folder), "--data", str(data), "--write"]) == 0
    figures = read_metrics(folder)["validation"]
    assert (figures.n, figures.not_in_training.n) == (21, 12)
    said = in_training(figures)
    assert said.startswith("9 of these faces are, equal or nearly, among those that it learnt from")
    assert said in capsys.readouterr().out
    assert cards([str(folder)]) == 0
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.count(said) == 2, "where it says how good it is, and beside the figures"
    assert card.count(", not in training |") == 2
    assert "never trained on" not in card
    network = open_network(folder)
    assert in_training(figures, network.name) in results([network])
    assert cards(["check", str(folder), "--rerun", str(data)]) == 0

    path = folder / "metrics.json"
    metrics = json.loads(path.read_text())
    del metrics["validation"]["not_in_training"]
    path.write_text(json.dumps(metrics))
    assert cards([str(folder)]) == 0, "as figures of before are"
    assert "not in training" not in (folder / "README.md").read_text(encoding="utf-8")
    assert cards(["check", str(folder)]) == 0
    assert cards(["check", str(folder), "--rerun", str(data)]) == 1
    assert "not_in_training.n" in capsys.readouterr().out


@pytest.mark.parametrize("split", ["train", "validation"])
def test_what_it_did_not_learn_from_is_no_part(data, tmp_path, split):
    folder = model(tmp_path / "model", TrainingRecord(train="0" * 64))
    chosen = ["--model", str(folder), "--data", str(data), "--split", split, "--write"]
    assert judge(chosen) == 0
    assert read_metrics(folder)[split].not_in_training is None


def test_a_train_split_that_cannot_be_used_keeps_nobody_from_judging(data, tmp_path, capsys):
    (tmp_path / "data" / "train" / "anger").mkdir(parents=True)
    picture(1).save(tmp_path / "data" / "train" / "anger" / "0.png")
    (tmp_path / "data" / "validation").symlink_to(data / "validation")
    folder = model(tmp_path / "model", TrainingRecord())
    assert judge(["--model", str(folder), "--data", str(tmp_path / "data"), "--write"]) == 0
    assert "Which of these faces are also in training is not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("claim", "record", "published", "learnt"),
    [
        (MINE, TrainingRecord(train="its digest"), False, True),
        (MINE, TrainingRecord(train="another"), False, False),
        (FER, TrainingRecord(), False, False),
        (FER, TrainingRecord(), True, True),  # a record of before digests were kept
        (MINE, TrainingRecord(started_from=Origin(training_data=(FER,))), True, True),
        (MINE, TrainingRecord(taught_by=(Origin(training_data=(FER,)),)), True, True),
        (MINE, TrainingRecord(), True, False),
    ],
)
def test_what_a_network_learnt_from(tmp_path, claim, record, published, learnt):
    counts = KNOWN[0].faces["train"] if published else [9] * 7
    train = SimpleNamespace(digest="its digest", class_counts=lambda: np.array(counts))
    network = open_network(model(tmp_path / "model", record, claim))
    assert learnt_from(network, train) is learnt
