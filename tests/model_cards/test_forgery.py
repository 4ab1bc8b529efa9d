"""Whoever changes a single value of a model folder is found out by the check of its card."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from generated import official, write_untrained
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fer.data import load_split
from fer.models.config import EnsembleConfig, TrainingData
from fer.models.ensemble import Stacker, save_ensemble
from fer.models.files import write_json
from fer.models.model_folder import CARD
from model_cards import rerun
from model_cards.__main__ import main
from model_cards.check import check
from model_cards.rerun import judge_again
from train.evaluate import main as judge

STAGE = {"name": "a", "size": 32, "epochs": 1, "faces": 0, "optimizer": "adamw", "sam_rho": 0.0}
EPOCH = {"stage": "a", "epoch": 1, "loss": 2.5, "overall_accuracy": 0.5, "mean_class_accuracy": 0.2}
TRAINING = {
    "recipe": {"name": "untrained", "architecture": "convnextv2_atto", "stages": [STAGE]},
    "history": [EPOCH],
    "seconds": 3600.5,
    "ended": "2026-11-27T00:00:00+00:00",
    "hardware": "2 CPU cores",
    "commit": "0123456789",
    "validation": "0" * 64,
    "started_from": {"recipe": "earlier", "seconds": 60.5, "pretrained": False},
    "versions": {"python": "3.11.7"},
}


@pytest.fixture(scope="module")
def forged_from(tmp_path_factory) -> Path:
    """RAF-DB as `rafdb`, and two networks with their ensemble, `one`, `two` and `both`, judged on
    its test split, `one` on spoilt faces of validation as well; all with cards."""
    root = tmp_path_factory.mktemp("forged")
    official(root / "rafdb")
    for seed, name in enumerate(("one", "two")):
        write_untrained(root / name, TrainingData("generated", "none needed"), 32, seed)
        digest = load_split(root / "rafdb", "train").digest
        write_json(root / name / "training.json", TRAINING | {"train": digest})
    generator = np.random.default_rng(0)
    stacker = Stacker(generator.normal(size=(7, 14)), generator.normal(size=7))
    save_ensemble(root / "both", EnsembleConfig(("../one", "../two"), "stack"), stacker)
    folders = [str(root / name) for name in ("one", "two", "both")]
    data = ["--data", str(root / "rafdb"), "--write"]
    assert judge(["--model", folders[0], *data, "--slices"]) == 0
    assert judge(["--model", *folders, *data, "--split", "test"]) == 0
    assert main(folders) == 0
    return root


@pytest.fixture(scope="module")
def answered_once() -> Iterator[None]:
    """Judging again gives the same however often, for what is forged here changes no answer."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load_split", "Recognizer", "evaluate_models"):
            patch.setattr(rerun, name, Remembering(getattr(rerun, name)))
        yield


class Remembering:
    """A function that computes each answer once; folders of one name count as the same."""

    def __init__(self, function: Any):
        self.function = function
        self.known: dict[str, Any] = {}

    def __call__(self, *asked: Any, **options: Any) -> Any:
        key = repr([getattr(one, "name", str(one)) for one in (*asked, *options.values())])
        if key not in self.known:
            self.known[key] = self.function(*asked, **options)
        return self.known[key]


@pytest.fixture
def folders(forged_from, answered_once, tmp_path_factory) -> Path:
    # Not into `tmp_path`, which goes with a test: what is remembered reads its files later.
    return Path(shutil.copytree(forged_from, tmp_path_factory.mktemp("copy") / "copy"))


def forged(values: Any, path: str = "") -> Iterator[str]:
    """Change every value of plain data a little, one at a time, and yield where."""
    for key, value in list(values.items() if isinstance(values, dict) else enumerate(values)):
        place = f"{path}.{key}".lstrip(".")
        if isinstance(value, dict | list):
            yield from forged(value, place)
        else:
            values[key] = other(value)
            yield place
            values[key] = value


def other(value: Any) -> Any:
    """A value that is hardly another: by a digit that no card shows, by one letter."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value + 1e-6 if value < 0.5 else value - 1e-6
        case str():
            return f"{value[:-1]}{'b' if value.endswith('a') else 'a'}"
    raise AssertionError(f"JSON of ours has no {value!r}")


def is_named(folder: Path) -> bool:
    """Whether the check has something to say, if need be on the data."""
    return bool(judge_again(folder, str(folder.parent / "rafdb")) or check(folder))


@pytest.mark.parametrize(
    ("model", "file", "values"),
    [
        ("one", "metrics.json", 400),
        ("both", "metrics.json", 200),
        ("one", "config.json", 50),
        ("both", "config.json", 14),
        ("one", "training.json", 20),
    ],
)
def test_any_other_value_is_named(folders, model, file, values):
    assert not is_named(folders / model)
    path = folders / model / file
    content = json.loads(path.read_text())
    places, unnamed = 0, []
    for place in forged(content):
        path.write_text(json.dumps(content))
        places += 1
        if not is_named(folders / model):
            unnamed.append(place)
    assert unnamed == []
    assert places >= values


@pytest.mark.parametrize("model", ["one", "both"])
def test_any_other_line_of_a_card_is_named(folders, model):
    path = folders / model / CARD
    lines = path.read_text(encoding="utf-8").splitlines()
    told = [number for number, line in enumerate(lines) if re.search(r"\d", line)]
    assert len(told) > 60
    for number in told:
        lines[number] = re.sub(r"\d(?=\D*$)", lambda digit: str(9 - int(digit[0])), lines[number])
    path.write_text("\n".join(lines), encoding="utf-8")
    assert {f"{CARD}, line {number + 1}" for number in told} <= {
        f.where for f in check(path.parent)
    }


def one_pixel(path: Path) -> None:
    """Changed by one grey level in one place, with all that the file says of itself kept."""
    picture, about = Image.open(path), PngInfo()
    for key, said in picture.text.items():
        about.add_text(key, said)
    red, *rest = picture.getpixel((200, 200))
    picture.putpixel((200, 200), (red ^ 1, *rest))
    picture.save(path, pnginfo=about)


def blank(path: Path) -> None:
    picture, about = Image.open(path), PngInfo()
    for key, said in picture.text.items():
        about.add_text(key, said)
    Image.new("RGBA", picture.size, "white").save(path, pnginfo=about)


@pytest.mark.parametrize("forge", [one_pixel, blank])
@pytest.mark.parametrize("plot", ["confusion", "per_emotion", "reliability"])
def test_a_plot_that_was_painted_over_is_named(folders, plot, forge):
    path = folders / "one" / "plots" / f"test_{plot}.png"
    forge(path)
    assert [f.where for f in check(folders / "one")] == [f"plots/test_{plot}.png"]
