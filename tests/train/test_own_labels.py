"""Labels beside the seven: declared in a recipe, with levels or without, and carried to the end."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from films import write_clip
from generated import MEMBER, tiny_recipe
from PIL import Image
from spoiling import set_config

import fer
from fer.batch import recognize
from fer.bulk import tables
from fer.bulk.command import main as fer_batch
from fer.bulk.run import Job
from fer.bulk.run import recognize as bulk
from fer.cli import main as fer_command
from fer.errors import FerError, ModelError
from fer.labels import EMOTIONS, LEVELS_3, LEVELS_5, SEVEN, declared, to_levels, valence
from fer.models.model_folder import open_model
from fer.models.records import read_metrics
from fer.ui.backend import Backend
from model_cards.__main__ import main as cards
from train.evaluate import main as judge
from train.reproduce import main as reproduce
from train.train import main as train

FOUR = {"calm": "neutral", "cheerful": "very positive", "gloomy": "negative", "Tense": "negative"}
EIGHT = (*EMOTIONS, "contempt")  # without scales


def write_data(root: Path, names: tuple[str, ...]) -> None:
    """Folders `<split>/<number>_<LABEL>`, a brightness a label."""
    for split, count in {"train": 50, "test": 4}.items():
        for place, name in enumerate(names):
            folder = root / split / f"{place}_{name.upper()}"
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (40, 40), (25 * place, 5 * number, 0)).save(
                    folder / f"{number:03d}.png"
                )


def write_recipe(path: Path, architecture: str, labels: str) -> Path:
    path.write_text(tiny_recipe("own", architecture, f"labels = {labels}", faces=16, batch=8))
    return path


@pytest.fixture(scope="module", autouse=True)
def what_is_tested_elsewhere():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.data.landmark_frame.SAMPLE", 7)
        patch.setattr("train.engine.tensorboard.draw", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def four(tmp_path_factory) -> Path:
    """`data` of four labels with levels, and in `out` two networks and their stack."""
    root = tmp_path_factory.mktemp("four")
    write_data(root / "data", tuple(FOUR))
    mapping = "{ " + ", ".join(f'{name} = "{level}"' for name, level in FOUR.items()) + " }"
    recipes = [
        str(write_recipe(root / f"{name}.toml", name, mapping))
        for name in ("resnet18", "convnextv2_atto")
    ]
    where = ["--data", str(root / "data"), "--out", str(root / "out")]
    assert reproduce([*where, "--members", *recipes]) == 0
    return root


@pytest.fixture(scope="module")
def eight(tmp_path_factory) -> Path:
    """`data` of the seven and contempt without levels, and a model in `out/model`."""
    root = tmp_path_factory.mktemp("eight")
    write_data(root / "data", EIGHT)
    recipe = write_recipe(root / "own.toml", "resnet18", str(list(EIGHT)))
    data = ["--data", str(root / "data")]
    assert train([*data, "--out", str(root / "out"), "--recipe", str(recipe)]) == 0
    assert judge([*data, "--model", str(root / "out" / "model"), "--split", "test", "--write"]) == 0
    return root


@pytest.mark.parametrize("model", ["resnet18/model", "ensemble"])
def test_four_labels_have_scales_by_their_declaration(four, portrait, model):
    recognizer = fer.load(four / "out" / model)
    assert recognizer.labels == declared(FOUR)
    (face,) = recognizer(portrait)
    shares = face.expressions
    assert tuple(shares) == tuple(FOUR)
    assert face.emotion in FOUR
    assert face.levels_5["negative"] == pytest.approx(shares["gloomy"] + shares["Tense"])
    assert face.levels_5["very negative"] == 0
    assert face.levels_3["positive"] == pytest.approx(shares["cheerful"])
    assert face.valence == pytest.approx(shares["cheerful"] - face.levels_5["negative"] / 2)
    assert recognizer.explain(portrait, face, "calm").size
    with pytest.raises(FerError, match="not a label of this model: choose one of calm, cheerful"):
        recognizer.explain(portrait, face, "anger")


def test_the_whole_table_and_the_figures_are_of_the_four(four):
    rows = (four / "out" / "RESULTS.md").read_text()
    assert "| overall | mean-class | 5 levels | 3 levels |" in rows
    figures = read_metrics(four / "out" / "ensemble")["test"]
    assert tuple(figures.per_class) == tuple(FOUR)
    assert np.shape(figures.confusion) == (4, 4)
    assert figures.levels_5.accuracy >= figures.overall_accuracy.value


@pytest.fixture(scope="module")
def clip(portrait, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "film.mp4"
    write_clip(path, portrait, 0.5)
    return path


@pytest.mark.parametrize(
    ("root", "model", "words", "absent"),
    [
        ("four", "resnet18/model", "from which follow 5 and 3 levels", "anger"),
        ("four", "ensemble", "negative = gloomy + Tense", "anger"),
        ("eight", "model", "neutral, contempt.\n", "levels"),
    ],
)
def test_cards_show_what_there_is(request, root, model, words, absent):
    place = request.getfixturevalue(root)
    if model == "ensemble":
        members = [str(place / "out" / name / "model") for name in ("resnet18", "convnextv2_atto")]
        assert cards(members) == 0
    folder = place / "out" / model
    assert cards([str(folder)]) == 0
    assert cards(["check", str(folder), "--rerun", str(place / "data")]) == 0
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert words in card
    assert absent not in card
    assert "seven" not in card


def test_without_levels_there_is_no_scale(eight, portrait, capsys):
    (face,) = fer.load(eight / "out" / "model")(portrait)
    assert tuple(face.expressions) == EIGHT
    assert face.levels_5 == face.levels_3 == {}
    assert np.isnan(face.valence)
    assert read_metrics(eight / "out" / "model")["test"].levels_5 is None
    command = [str(portrait), "--model", str(eight / "out" / "model")]
    assert fer_command(command) == 0
    said = capsys.readouterr().out
    assert "contempt" in said
    assert "valence" not in said
    assert fer_command([*command, "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)["faces"]
    assert "contempt" in record["probabilities"]
    assert not {"levels_5", "levels_3", "valence"} & record.keys()


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize(
    ("root", "model", "labels"),
    [("four", "resnet18/model", tuple(FOUR)), ("eight", "model", EIGHT)],
)
def test_tables_and_reports_have_the_labels(
    request, portrait, clip, tmp_path, root, model, labels, kind
):
    folder = request.getfixturevalue(root) / "out" / model
    Image.new("RGB", (40, 40)).save(tmp_path / "none.png")
    out = tmp_path / f"faces.{kind}"
    photos = [str(portrait), str(tmp_path / "none.png")]
    assert fer_batch([*photos, str(clip), "--out", str(out), "--model", str(folder)]) == 0
    first, *others = tables.read(out)
    names = [name for name in first if name in labels or name in ("levels_3", "error")]
    assert names == ["levels_3", *labels, "error"]
    (face,) = fer.load(folder)(portrait)
    assert first["emotion"] == face.emotion
    assert [first[label] for label in labels] == pytest.approx(face.probabilities, abs=1e-5)
    if face.labels.levels:
        assert first["valence"] == pytest.approx(face.valence, abs=1e-5)
        assert first["levels_5"] == max(face.levels_5, key=face.levels_5.__getitem__)
    else:
        assert {one[name] for one in others for name in ("valence", "levels_5")} == {None}
    assert fer_command(["report", str(out)]) == 0
    html = out.with_suffix(".html").read_text("utf-8")
    assert re.findall(r'<th scope="row">(.*?)</th>', html) == list(labels)
    assert f"<h3>{face.emotion}</h3>" in html
    assert ("Valence</h2>" in html, "valence" in html) == (bool(face.labels.levels),) * 2


@pytest.mark.parametrize(("root", "model"), [("four", "resnet18/model"), ("eight", "model")])
def test_from_python_photos_and_clips_have_the_labels(request, portrait, clip, root, model):
    recognizer = fer.load(request.getfixturevalue(root) / "out" / model)
    labels, scaled = list(recognizer.labels.names), bool(recognizer.labels.levels)
    results = recognize([portrait], recognizer)
    (row,) = results.to_frame().to_dict("records")
    assert list(row)[-len(labels) - 2 :] == ["levels_5", "levels_3", *labels]
    assert sum(row[label] for label in labels) == pytest.approx(1, abs=0.01)
    assert [bool(row["levels_5"]), not np.isnan(row["valence"])] == [scaled] * 2
    assert results.to_csv().splitlines()[0].endswith(",".join(labels))
    frame = fer.video.watch(clip, recognizer).to_frame()
    assert list(frame)[-len(labels) - 1 :] == ["valence", *labels]
    assert len(frame)
    assert frame[labels].sum(axis=1).to_numpy() == pytest.approx(1, abs=0.01)


def test_the_app_shows_the_seven_alone_and_says_so(eight):
    recognizer = fer.load(eight / "out" / "model")
    with pytest.raises(FerError, match=r"labels of its own .*contempt.* the seven emotions alone"):
        Backend.on_cpu(recognizer)


@pytest.mark.parametrize(
    ("label", "refused"), [("error", ["batch"]), ("face", ["batch", "photos", "clip"])]
)
def test_a_label_that_is_a_column_is_refused(four, portrait, clip, tmp_path, label, refused):
    folder = Path(shutil.copytree(four / "out" / "resnet18" / "model", tmp_path / "model"))
    names = [label, *list(FOUR)[1:]]
    set_config(labels=names, outputs=names)(folder)
    recognizer = fer.load(folder)
    out = tmp_path / "faces.csv"
    ask = {
        "batch": lambda: bulk(Job([str(portrait)], out), recognizer),
        "photos": lambda: recognize([portrait], recognizer),
        "clip": lambda: fer.video.watch(clip, recognizer),
    }
    for name in refused:
        with pytest.raises(FerError, match=f"a label '{label}', which is another column of a tab"):
            ask[name]()
    assert not list(tmp_path.glob("faces.*"))


def test_models_of_other_labels_are_not_mixed(eight, tmp_path, capsys):
    data = ["--data", str(eight / "data")]
    assert judge([*data, "--model", str(eight / "out" / "model"), MEMBER]) == 2
    assert "models that work together need the same labels" in capsys.readouterr().err
    recipe = write_recipe(tmp_path / "own.toml", "convnextv2_atto", str(list(FOUR)))
    run = ["--out", str(tmp_path / "out"), "--recipe", str(recipe)]
    assert train([*data, *run]) == 2
    assert "a ClassLabel of calm, cheerful, gloomy, Tense, as the recipe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ('{ calm = "neutral", glad = "good" }', "map 'glad' to 'good', which is no level: choose"),
        ('["calm"]', "labels must be 2 to 28 labels"),
        ('["calm", "Calm"]', "labels must differ from each other"),
        ('["calm", " "]', "cannot have one called ' '"),
        ('["a|b", "c"]', r"cannot have one called 'a\|b'"),
        ('["=1+1", "c"]', "cannot have one called '=1+1'"),
    ],
)
def test_labels_that_cannot_be_are_refused(tmp_path, capsys, labels, sentence):
    recipe = write_recipe(tmp_path / "own.toml", "resnet18", labels)
    assert train(["--data", "none", "--out", str(tmp_path), "--recipe", str(recipe)]) == 2
    error = capsys.readouterr().err
    assert sentence.replace("\\", "") in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"levels": ["neutral"] * 6}, "must be a list, and as many levels, or none"),
        ({"levels": ["good"] * 7}, "map 'surprise' to 'good', which is no level"),
        ({"labels": ["a", "b"], "levels": []}, "setting outputs .* the labels in order"),
        ({"labels": ["a", "b"]}, "must be surprise, fear, .* or have levels of their own"),
        ({"labels": None, "levels": []}, "must be a list.* or none: copy or download it again"),
    ],
)
def test_a_configuration_whose_labels_cannot_be_is_refused(tmp_path, changes, sentence):
    folder = Path(shutil.copytree(MEMBER, tmp_path / "model"))
    set_config(**changes)(folder)
    with pytest.raises(ModelError, match=sentence):
        open_model(folder)


def test_the_seven_by_declaration_are_the_seven():
    rows = np.random.default_rng(0).dirichlet(np.ones(7), 9).astype(np.float32)
    same = declared(dict(zip(EMOTIONS, SEVEN.levels, strict=True)))
    assert same == SEVEN
    for scale in (LEVELS_5, LEVELS_3):
        expected = [rows[:, [EMOTIONS.index(e) for e in own]].sum(1) for own in scale.values()]
        np.testing.assert_allclose(to_levels(rows, scale, same).T, expected, rtol=1e-6)
    np.testing.assert_array_equal(valence(rows), valence(rows, same))
