"""Faces are cut out of photos once, wherever it is stopped, and nothing is written over."""

import shutil

import numpy as np
import pytest
from generated import image_folder
from PIL import Image
from serving import ROOT

from fer.data import LabelledFaces, load_split
from fer.faces import ARCFACE, FaceDetector
from fer.labels import EMOTIONS
from fer.models.classifier import engine_for
from train.crop import main
from train.data import cropping
from train.data.cropping import NO_FACE, warn_of_photos

EXAMPLES = ROOT / "fer" / "ui" / "examples"


@pytest.fixture
def photos(tmp_path):
    """Two photos of people, one of nobody, one that is none, and a list of labels."""
    folder = tmp_path / "photos"
    for place, name in (("train/happy", "astronaut.jpg"), ("train/neutral", "hopper.jpg")):
        (folder / place).mkdir(parents=True)
        shutil.copy(EXAMPLES / name, folder / place)
    Image.new("RGB", (200, 200)).save(folder / "train" / "nobody.png")
    (folder / "train" / "spoilt.jpg").write_text("no photo")
    (folder / "labels.csv").write_text("image,label\n")
    return folder


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_faces_lie_as_the_protocol_wants_them(photos, tmp_path, capsys):
    before = contents(photos)
    out = tmp_path / "faces"
    assert main([str(photos), "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert f"2 faces are in {out}" in said
    assert f"2 photos gave none: {out / NO_FACE}" in said
    log = (out / NO_FACE).read_text(encoding="utf-8")
    assert "train/nobody.png\tNo face was found." in log
    assert "train/spoilt.png\tThe photo “spoilt.jpg” is not an image" in log
    assert contents(photos) == before
    assert set(contents(out)) == {
        *("train/happy/astronaut.png", "train/neutral/hopper.png", NO_FACE, "labels.csv")
    }
    detector = FaceDetector.load(engine_for([])[0])
    for path in (out / "train").rglob("*.png"):
        face = Image.open(path)
        assert (face.mode, face.size) == ("RGB", (112, 112))
        (found,) = detector(face.resize((192, 192)))
        np.testing.assert_allclose(found.landmarks / 192, ARCFACE, atol=0.05)


def test_it_carries_on_and_writes_over_nothing(photos, tmp_path, monkeypatch, capsys):
    out = tmp_path / "faces"
    own = out / "train" / "happy" / "astronaut.png"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"mine")

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", stop)
        assert main([str(photos), "--out", str(out)]) == 130
    assert "carries on where it was" in capsys.readouterr().err
    assert not list(out.rglob("*.partial"))
    assert main([str(photos), "--out", str(out)]) == 1
    assert own.read_bytes() == b"mine"
    assert (out / "train" / "neutral" / "hopper.png").exists()
    searched = []
    monkeypatch.setattr(cropping, "_faces", lambda _, some, __: searched.append(some) or [])
    assert main([str(photos), "--out", str(out)]) == 1
    assert searched == []


def test_photos_of_one_name_keep_their_suffix(tmp_path):
    (tmp_path / "photos").mkdir()
    shutil.copy(EXAMPLES / "hopper.jpg", tmp_path / "photos" / "a.jpg")
    Image.open(EXAMPLES / "astronaut.jpg").save(tmp_path / "photos" / "a.png")
    assert main([str(tmp_path / "photos"), "--out", str(tmp_path / "faces")]) == 0
    assert set(contents(tmp_path / "faces")) == {"a.jpg.png", "a.png.png"}


def test_a_data_set_becomes_an_image_folder(tmp_path, monkeypatch):
    image_folder(EMOTIONS)(tmp_path / "folders")
    faces = load_split(tmp_path / "folders", "test")
    (tmp_path / "tables").mkdir()
    names = [EMOTIONS[label] for label in faces.labels]
    table = faces.images.add_column("label", names).class_encode_column("label")
    table.to_parquet(tmp_path / "tables" / "test.parquet")
    monkeypatch.setattr(cropping, "_faces", lambda _, some, __: [(one, one.open()) for one in some])
    assert main([str(tmp_path / "tables"), "--out", str(tmp_path / "out")]) == 0
    again = load_split(tmp_path / "out", "test")
    assert again.class_counts().tolist() == faces.class_counts().tolist()


@pytest.mark.parametrize(
    ("source", "out", "more", "sentence"),
    [
        ("photos", "photos", [], "are in each other"),
        ("photos", "photos/faces", [], "are in each other"),
        ("photos", ".", [], "are in each other"),
        ("empty", "faces", [], "no photos in"),
        ("photos", "faces", ["--size", "0"], "--size must be 16 to 1024"),
    ],
)
def test_what_cannot_be_gets_a_sentence(photos, tmp_path, capsys, source, out, more, sentence):
    (tmp_path / "empty").mkdir()
    before = contents(photos)
    assert main([str(tmp_path / source), "--out", str(tmp_path / out), *more]) == 2
    assert sentence in capsys.readouterr().err
    assert contents(photos) == before


@pytest.mark.parametrize(
    ("whole", "warned"), [(True, True), (False, False)], ids=["photos", "faces"]
)
def test_training_on_photos_warns(photos, tmp_path, capsys, whole, warned):
    main([str(photos), "--out", str(tmp_path / "faces")])
    place = EXAMPLES / "hopper.jpg" if whole else tmp_path / "faces/train/neutral/hopper.png"
    rows = [{"image": Image.open(place)}] * 2
    capsys.readouterr()
    warn_of_photos(LabelledFaces(rows, np.zeros(2, int), np.eye(7)[:2]), "mine")
    assert ("python -m train.crop mine --out FACES" in capsys.readouterr().out) == warned
