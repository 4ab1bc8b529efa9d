"""From a data set to the full table: in every layout, in the notebook, blind to the test split."""

import csv
import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import nbformat
import numpy as np
import pytest
import torch
from generated import copy_member, image_folder, kaggle, official, tiny_recipe, write_split
from nbclient import NotebookClient
from serving import ROOT
from spoiling import set_config
from upstream import DDAMFNet, MixedFeatureNet, randomise, save_whole

from fer.data import load_split
from fer.data.rafdb import COUNTS
from fer.evaluation.comparison import ablation, comparison_tables, mcnemar
from fer.evaluation.metrics import evaluate
from fer.evaluation.provenance import outdated
from fer.models.config import EnsembleConfig, TrainingData
from fer.models.model_folder import open_model, open_network
from fer.models.records import Origin, Provenance, SplitFigures, read_training
from fer.recognizer import load
from train.engine.initialize import UPSTREAM
from train.reproduce import main
from train.studies.reproduction import knew_faces
from train.studies.results import WITHOUT_START, text

PER_EMOTION = {"train": 50, "test": 3}  # enough for five folds of a tenth

README = ROOT / "train" / "README.md"
THREE = ("ddamfn", "convnext", "face_resnet29")
ROWS = [*THREE, "soft vote", "ensemble"]


def write_recipes(folder: Path, first: str) -> list[str]:
    """The options that choose recipes of a few steps, the first one's of this architecture."""
    options = []
    for member, architecture, size in (
        ("ddamfn", first, 112 if first == "ddamfn" else 32),
        ("convnext", "convnextv2_atto", 32),
        ("face_resnet29", "face_resnet29", 112),
    ):
        recipe = folder / f"{member}.toml"
        recipe.write_text(tiny_recipe(f"tiny-{architecture}", architecture, size=size))
        options += [f"--{member}", str(recipe)]
    return options


def parquet(root: Path, per_emotion: dict[str, int]) -> None:
    """A table a split, as the Hub has data sets."""
    for split, count in per_emotion.items():
        write_split(root / f"{split}.parquet", 7 * count)


@pytest.fixture(scope="module")
def recipes(tmp_path_factory) -> list[str]:
    """For most tests both are ConvNeXt-V2, which is ten times faster than DDAMFN."""
    return write_recipes(tmp_path_factory.mktemp("recipes"), "convnextv2_atto")


def reproduce(
    data: Path, out: Path, recipes: list[str], *more: str, msceleb: Path | None = None
) -> int:
    """Do what train/README.md says, on these folders and with recipes of a few steps.

    Without the file for DDAMFN to start from, its option is left out.
    """
    text = README.read_text(encoding="utf-8")
    (said,) = re.findall(r"python -m train\.reproduce (.+)", text)
    assert " --msceleb path/to/MFN_msceleb.pth" in said
    if msceleb is None:
        said = said.replace(" --msceleb path/to/MFN_msceleb.pth", "")
    places = {
        "path/to/raf-db": str(data),
        "runs/rafdb": str(out),
        "path/to/MFN_msceleb.pth": str(msceleb),
    }
    return main([*(places.get(word, word) for word in said.split()), *recipes, *more])


@pytest.fixture(scope="module", autouse=True)
def what_is_tested_elsewhere() -> Iterator[None]:
    """How crops are framed is looked at shortly, and no pictures are drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.data.landmark_frame.SAMPLE", 7)
        patch.setattr("fer.evaluation.evaluate.draw_plots", lambda *_: None)
        patch.setattr("train.engine.tensorboard.draw", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory, recipes) -> Path:
    """A folder with RAF-DB in Kaggle's layout, `data`, and the finished runs on it, `out`."""
    root = tmp_path_factory.mktemp("finished")
    kaggle(root / "data", PER_EMOTION)
    assert reproduce(root / "data", root / "out", recipes) == 0
    return root


@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize(
    ("layout", "first"),
    [
        (official, "ddamfn"),
        (kaggle, "convnextv2_atto"),
        (image_folder("1234567"), "convnextv2_atto"),
        (parquet, "convnextv2_atto"),
    ],
    ids=["official", "kaggle", "folders", "parquet"],
)
def test_every_layout_ends_in_the_full_table(tmp_path, layout, first):
    """Word for word, with the third member that train/README.md names."""
    layout(tmp_path / "data", PER_EMOTION)
    options, start = write_recipes(tmp_path, first), None
    if first == "ddamfn":
        start = tmp_path / "MFN_msceleb.pth"
        save_whole(randomise(MixedFeatureNet()), start)
    (members,) = re.findall(r"`(--members [^`]+29)`", README.read_text(encoding="utf-8"))
    out = tmp_path / "out"
    assert reproduce(tmp_path / "data", out, options, *members.split(), msceleb=start) == 0
    origin = read_training(out / "ddamfn" / "model").started_from
    names = [data.name for data in origin.training_data] if origin else []
    assert names == (["MS-Celeb-1M, by upstream"] if start else [])
    validation, test = (out / "RESULTS.md").read_text().split("## Test")
    for section, faces in ((validation, "35 faces"), (test, "21 faces")):
        assert faces in section
        assert re.findall(r"^\| ([\w ]+) \| \d", section, re.MULTILINE)[:5] == ROWS
        assert "McNemar" in section
        assert "those that the ensemble learnt from" in section
    faces = load_split(tmp_path / "data", "test")
    for name, folder in (
        *((one, out / one / "model") for one in THREE),
        (ROWS[-1], out / ROWS[-1]),
    ):
        right = load(folder).predict(faces.images["image"]).argmax(axis=1) == faces.labels
        assert f"\n| {name} | {100 * right.mean():.2f} (" in test
    assert open_model(out / ROWS[-1]).networks[0].config.recipe == f"tiny-{first}"


def test_other_networks_can_be_members(tmp_path, recipes):
    image_folder("1234567")(tmp_path / "data", PER_EMOTION)
    more = ["--members", "convnext", "face_resnet29"]
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes, *more) == 0
    rows = (tmp_path / "out" / "RESULTS.md").read_text().splitlines()
    assert sum(row.startswith(("| convnext |", "| face_resnet29 |")) for row in rows) >= 4
    assert not any(row.startswith("| ddamfn |") for row in rows)


def test_every_seed_is_trained_in_a_folder_of_its_own(tmp_path, monkeypatch):
    trained, shown = [], []

    def train_run(recipe, train, validation, out, *_):
        trained.append((str(out.relative_to(tmp_path / "out")), recipe.seed))
        return out

    monkeypatch.setattr("train.studies.reproduction.train_run", train_run)
    monkeypatch.setattr("train.studies.reproduction.figures_of", lambda members, *_: members)
    monkeypatch.setattr("train.studies.reproduction.knew_faces", lambda _: False)
    monkeypatch.setattr("train.studies.reproduction.text", lambda *said: shown.append(said) or "")
    image_folder("1234567")(tmp_path / "data", PER_EMOTION)
    (tmp_path / "out").mkdir()
    recipes = write_recipes(tmp_path, "convnextv2_atto")
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes, "--seeds", "2") == 0
    assert trained == [
        *(("ddamfn", 0), ("convnext", 0)),
        *(("seed-2/ddamfn", 1), ("seed-2/convnext", 1)),
    ]
    ((seeds, started),) = shown
    assert len(seeds) == 2
    assert not started
    monkeypatch.setenv("RANK", "1")  # the second of several processes leaves it to the first
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes) == 0
    assert len(shown) == 1


def figures_of(n_of_each: tuple[int, ...], right: float, *third: str) -> SplitFigures:
    """Figures of an ensemble and its members on so many faces of each emotion."""
    labels = np.repeat(np.arange(7), n_of_each)
    answers = np.eye(7, dtype=np.float32)[labels]
    wrong = slice(None, round(len(labels) * (1 - right)))
    answers[wrong] = np.roll(answers[wrong], 1, axis=1)
    both = dict.fromkeys(("ddamfn", *third, "ensemble"), answers)
    return SplitFigures(
        **vars(evaluate(answers * 0.93 + 0.01, labels)),
        ablation=ablation(both, labels),
        mcnemar=mcnemar(both, labels),
        provenance=Provenance("RAF-DB", "test", "", "", {}, "", {}),
    )


def test_several_seeds_give_means_and_their_spread():
    seeds = [{"test": figures_of((20,) * 7, right)} for right in (0.9, 0.8, 0.7)]
    table = text(seeds, True)
    assert "Mean and standard deviation over 3 seeds" in table
    assert "| ddamfn | 80.00 ± 10.00 | 80.00 ± 10.00 |" in table
    assert table.index("± 10.00") < table.index("Of the first seed:") < table.index("| 90.00 (")
    assert "published" not in table, "these are not RAF-DB's faces, whatever they are called"


@pytest.mark.parametrize("started", [True, False])
def test_on_rafdb_others_figures_stand_beside(started):
    table = text([{"test": figures_of(COUNTS["test"], 0.9)}], started)
    assert "seeds" not in table
    (row,) = (line for line in table.splitlines() if line.startswith("| ddamfn, overall"))
    assert "| 91.07 / 84.64 |" in row
    assert ("expect less: no MS-Celeb-1M start" in row) is not started
    assert (WITHOUT_START in table) is not started
    for words in ("| 91.35 | checkpoints were chosen on the test split |", "disputed by its own"):
        assert words in table


@pytest.mark.parametrize("third", [(), ("convnext",), ("resnet18",)])
def test_what_is_expected_of_two_members_is_not_expected_of_others(third):
    table = text([{"test": figures_of(COUNTS["test"], 0.9, *third)}], True)
    (row,) = (line for line in table.splitlines() if line.startswith("| ensemble, overall"))
    assert ("that was of ddamfn and convnext alone" in row) is (third == ("resnet18",))


@pytest.mark.parametrize(
    ("origin", "knew"),
    [
        (None, False),
        (Origin(training_data=(UPSTREAM,)), True),
        (Origin(training_data=(TrainingData("FER+ train", "MIT"),)), False),
        (Origin(training_data=(TrainingData("FER+ train", "MIT"), UPSTREAM)), True),
    ],
)
def test_only_a_start_from_msceleb_is_that_of_the_paper(tmp_path, origin, knew):
    folder = copy_member(tmp_path / "model")
    record = json.loads((folder / "training.json").read_text())
    record["started_from"] = msgspec.to_builtins(origin)
    (folder / "training.json").write_text(json.dumps(record))
    assert knew_faces(open_network(folder)) is knew


def test_runs_in_the_place_of_a_file_end_in_a_sentence(tmp_path, capsys, recipes):
    image_folder("1234567")(tmp_path / "data", PER_EMOTION)
    (tmp_path / "out").touch()
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes) == 2
    assert "cannot be used (Not a directory): choose another place" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--msceleb", "nowhere.pth"], "There is no file nowhere.pth"),
        (["--msceleb", "other.pth"], "is not MFN_msceleb.pth, which knows faces alone"),
    ],
)
def test_what_ddamfn_cannot_start_from(tmp_path, monkeypatch, capsys, recipes, options, sentence):
    monkeypatch.chdir(tmp_path)
    torch.save(randomise(DDAMFNet(7)).state_dict(), "other.pth")
    assert main(["--data", "unused", "--out", "out", *recipes, *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("out/msceleb").exists()


def test_a_split_that_is_not_there_is_missed_before_anything_is_trained(
    tmp_path, capsys, monkeypatch, recipes
):
    monkeypatch.setattr("train.studies.reproduction.train_run", lambda *_: pytest.fail("trained"))
    image_folder("1234567")(tmp_path / "data", {"train": 50})
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes) == 2
    assert "There is no test split" in capsys.readouterr().err


def contents(folder: Path) -> dict[str, bytes]:
    """What the models below a folder say, by file."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def test_a_finished_table_does_not_score_the_test_split_again(
    finished, recipes, capsys, monkeypatch
):
    before = contents(finished / "out")
    assert any("training.json" in name for name in before)
    monkeypatch.setattr("train.engine.training_run.commit", lambda: "another")
    later = partial(EnsembleConfig, library_version="another")
    monkeypatch.setattr("train.studies.stacking.EnsembleConfig", later)
    assert reproduce(finished / "data", finished / "out", recipes) == 0
    assert (finished / "out" / "RESULTS.md").read_text() in capsys.readouterr().out
    scorings = json.loads((finished / "out" / "ensemble" / "test_scorings.json").read_text())
    assert len(scorings) == 1
    metrics = json.loads((finished / "out" / "ensemble" / "metrics.json").read_text())
    assert metrics["test"]["times_scored"] == 1
    assert contents(finished / "out") == before, "provenance is of when it was made"


def other_labels(root: Path) -> None:
    poison(root / "data")


def other_temperature(root: Path) -> None:
    set_config(temperature=9.0)(root / "out" / "convnext" / "model")


def other_stacker(root: Path) -> None:
    path = root / "out" / "ensemble" / "metrics.json"
    metrics = json.loads(path.read_text())
    metrics["test"]["provenance"]["weights"]["stacker.safetensors"] = "0" * 64
    path.write_text(json.dumps(metrics))


@pytest.mark.parametrize(
    ("change", "times"),
    [(other_labels, 1), (other_temperature, 2), (other_stacker, 2)],
)
def test_figures_of_anything_else_are_measured_again(finished, tmp_path, recipes, change, times):
    root = Path(shutil.copytree(finished, tmp_path / "again"))
    change(root)
    (root / "out" / "RESULTS.md").write_text("old")
    assert reproduce(root / "data", root / "out", recipes) == 0
    for model in (root / "out" / "convnext" / "model", root / "out" / "ensemble"):
        folder = open_model(model)
        figures = folder.metrics["test"]
        faces = load_split(root / "data", "test")
        assert [sum(row) for row in figures.confusion] == faces.class_counts().tolist()
        assert figures.provenance.faces == faces.digest
        assert outdated(folder, "test", figures.provenance) is None
    assert figures.times_scored == times
    table = comparison_tables(figures.ablation, figures.mcnemar)
    assert table in (root / "out" / "RESULTS.md").read_text()


def test_only_the_splits_that_were_asked_for_are_in_the_table(finished, tmp_path, recipes):
    root = Path(shutil.copytree(finished, tmp_path / "again"))
    poison(root / "data")
    assert reproduce(root / "data", root / "out", recipes, "--splits", "validation") == 0
    assert "## Test" not in (root / "out" / "RESULTS.md").read_text()


def test_poisoned_test_rows_change_nothing(finished, tmp_path, recipes):
    shutil.copytree(finished / "data", tmp_path / "data")
    poison(tmp_path / "data")
    assert reproduce(tmp_path / "data", tmp_path / "out", recipes, "--splits", "validation") == 0
    clean, poisoned = finished / "out", tmp_path / "out"
    names = [
        *("ddamfn/model/model.safetensors", "ddamfn/model/config.json"),
        *("convnext/model/model.safetensors", "convnext/model/config.json"),
        *("ensemble/stacker.safetensors", "ensemble/config.json"),
    ]
    for name in names:
        assert (clean / name).read_bytes() == (poisoned / name).read_bytes(), name
    validation = (clean / "RESULTS.md").read_text().split("\n## Test")[0]
    assert (poisoned / "RESULTS.md").read_text() == validation


def poison(data: Path) -> None:
    """Give every test face another label and another picture."""
    path = data / "test_labels.csv"
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    for name, label in rows:
        (data / "DATASET" / "test" / label / name).unlink()
    other = data / "DATASET" / "test" / "1"
    for name, _ in rows:
        (other / name).write_bytes(next((data / "DATASET" / "train").rglob("*.jpg")).read_bytes())
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([name, 1] for name, _ in rows)])


def test_the_notebook_carries_on_where_its_time_was_over(tmp_path, monkeypatch, recipes):
    project = tmp_path / "input" / "fer"
    hidden = shutil.ignore_patterns(".*", "runs", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, project, ignore=hidden)
    kaggle(tmp_path / "input" / "raf-db", PER_EMOTION)
    monkeypatch.setenv("FER_INPUT", str(tmp_path / "input"))
    monkeypatch.setenv("FER_OPTIONS", " ".join(recipes))
    monkeypatch.setenv("FER_INSTALLED", "1")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    first, second = tmp_path / "first" / "runs", tmp_path / "second" / "runs"
    assert "Out of time" in execute(first, "0.001")
    assert not (first / "RESULTS.md").exists()
    shutil.copytree(first, tmp_path / "input" / "earlier" / "runs")
    assert "McNemar" in execute(second, "60")


def execute(out: Path, minutes: str) -> str:
    """Run the notebook as Kaggle does; the text of its last output."""
    os.environ.update(FER_OUT=str(out), FER_MINUTES=minutes)
    out.parent.mkdir()
    notebook = nbformat.read(ROOT / "train" / "kaggle.ipynb", as_version=4)
    NotebookClient(notebook, timeout=240).execute()
    return notebook.cells[-1].outputs[-1]["data"]["text/markdown"]
