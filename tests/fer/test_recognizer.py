"""From a photo to emotions: frames, probabilities, heatmaps, command line, bad models."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from generated import MEMBER
from PIL import Image
from spoiling import set_config, set_tensors

import fer
from fer.cli import main
from fer.labels import EMOTIONS
from fer.models.bundled import default_model
from fer.models.config import NetworkConfig, TrainingData
from fer.models.model_folder import open_network
from fer.models.weights import load_network, save_network
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD, to_batch


@pytest.fixture(scope="module", params=["openvino", "torch"])
def recognizer(request):
    return fer.load(default_model(), engine=request.param)


@pytest.fixture(scope="module")
def face(recognizer, portrait):
    (face,) = recognizer(portrait)
    return face


def test_portrait_is_happy(face):
    assert face.emotion == "happiness"
    assert max(face.levels_5, key=face.levels_5.get) == "very positive"
    assert max(face.levels_3, key=face.levels_3.get) == "positive"
    assert face.valence > 0.5


def test_probabilities_and_scales_sum_to_one(face):
    assert face.probabilities.dtype == np.float32
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert sum(face.levels_5.values()) == pytest.approx(1, abs=1e-5)
    assert sum(face.levels_3.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("mirrored", lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        ("turned by 20°", lambda p: p.rotate(20)),
        ("twice as large", lambda p: p.resize((1024, 1024))),
        ("half as large", lambda p: p.resize((256, 256))),
        ("grey", lambda p: p.convert("L")),
        ("array", np.asarray),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_answer_survives_harmless_changes(recognizer, portrait, case, change):
    (face,) = recognizer(change(Image.open(portrait)))
    assert face.emotion == "happiness"


def test_a_mirrored_model_answers_alike_for_a_face_and_its_mirror_image(tmp_path, face):
    shutil.copytree(MEMBER, tmp_path / "model")
    config = tmp_path / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"mirror": True}))
    crops = [face.crop, face.crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    mirrored = fer.load(tmp_path / "model").predict(crops)
    np.testing.assert_allclose(mirrored[0], mirrored[1], atol=1e-5)
    plain = fer.load(MEMBER).predict(crops)
    assert np.abs(plain[0] - plain[1]).max() > 1e-4


def test_a_crop_skips_detection_by_option_only(recognizer, face):
    (answer,) = recognizer(face.crop, aligned=True)
    np.testing.assert_allclose(answer.probabilities, face.probabilities, atol=1e-4)
    assert answer.box == (0, 0, *face.crop.size)
    assert answer.landmarks is None
    grey = Image.new("RGB", (112, 112), "grey")
    assert recognizer(grey) == []
    assert len(recognizer(grey, aligned=True)) == 1


def test_landmarks_land_on_the_frame(recognizer, portrait, face):
    model = recognizer.models[0]
    matrix = model.matrix(face.landmarks, Image.open(portrait).size)
    points = np.column_stack([face.landmarks, np.ones(5)]) @ matrix.T
    frame = np.array(model.config.frame) * model.config.input_size
    assert np.abs(points - frame).max() < 6


def test_batches_answer_as_single_faces_do(recognizer, face):
    crops = [face.crop, face.crop.rotate(30), face.crop.convert("L").convert("RGB")] * 12
    together = recognizer.predict(crops)
    np.testing.assert_allclose(together[:3], together[33:], atol=1e-4)
    alone = np.concatenate([recognizer.predict([crop]) for crop in crops[:3]])
    np.testing.assert_allclose(together[:3], alone, atol=1e-4)


def test_a_model_of_grey_faces_does_not_see_colour(recognizer, face):
    assert recognizer.models[0].config.grey, "the bundled model was trained on grey faces"
    colour, grey = recognizer.predict([face.crop, face.crop.convert("L")])
    np.testing.assert_allclose(colour, grey, atol=1e-5)


def test_heatmap_colours_the_face_alone(recognizer, portrait, face):
    photo = Image.open(portrait).convert("RGB")
    changed = np.asarray(recognizer.explain(photo, face)) != np.asarray(photo)
    rows, columns = np.nonzero(changed.any(axis=2))
    x0, y0, x1, y1 = face.box
    margin = (x1 - x0) / 2
    assert len(rows) > 1000
    assert x0 - margin < columns.min() < columns.max() < x1 + margin
    assert y0 - margin < rows.min() < rows.max() < y1 + margin


def test_heatmaps_of_two_emotions_differ(recognizer, portrait, face):
    photo = Image.open(portrait).convert("RGB")
    happy, neutral = (recognizer.explain(photo, face, e) for e in ("happiness", "neutral"))
    assert np.any(np.asarray(happy) != np.asarray(neutral))
    with pytest.raises(fer.FerError, match="not an emotion"):
        recognizer.explain(photo, face, "joy")


def test_a_heatmap_is_made_of_whatever_is_a_photo(recognizer, portrait, face):
    expected = recognizer.explain(Image.open(portrait).convert("RGB"), face)
    assert recognizer.explain(str(portrait), face) == expected
    with pytest.raises(fer.ImageError, match="does not exist"):
        recognizer.explain("nowhere.jpg", face)


def test_faces_can_be_compared_and_collected(recognizer, face):
    one, other = (recognizer(face.crop, aligned=True)[0] for _ in range(2))
    assert one == one
    assert one != other
    assert len({one, other, one}) == 2
    assert [other, one].index(one) == 1


def test_json_has_the_agreed_fields(face):
    record = json.loads(json.dumps(face.to_json()))
    assert list(record) == [
        "box", "landmarks", "score", "emotion", "sure", "probabilities", "levels_5", "levels_3",
        "valence",
    ]  # fmt: skip
    assert list(record["probabilities"]) == list(EMOTIONS)
    assert np.shape(record["landmarks"]) == (5, 2)


# The command line


def test_command_line_answers_many_photos_and_survives_a_bad_one(portrait, tmp_path, capsys):
    text = tmp_path / "text.jpg"
    text.write_text("I am not a photo")
    heat = tmp_path / "heat"
    assert main([str(portrait), str(text), "--json", "--heatmap", str(heat)]) == 2
    output = capsys.readouterr()
    good, bad = map(json.loads, output.out.splitlines())
    assert good["faces"][0]["emotion"] == "happiness"
    assert "text.jpg" in bad["error"]
    assert "faces" not in bad
    assert output.err.count("\n") == 1
    assert [path.name for path in heat.iterdir()] == [f"{portrait.stem}.heatmap.png"]


def test_heatmaps_of_photos_of_one_name_do_not_replace_each_other(portrait, tmp_path, capsys):
    photos = [shutil.copy(portrait, _folder(tmp_path / name) / "me.jpg") for name in ("a", "b")]
    photos.append(shutil.copy(portrait, tmp_path / "ME.png"))
    out = tmp_path / "out"
    assert main([*map(str, photos), "--model", MEMBER, "--heatmap", str(out)]) == 0
    names = ["ME-3.heatmap.png", "me-2.heatmap.png", "me.heatmap.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    capsys.readouterr()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_heatmap_replaces_an_earlier_one_but_nothing_else(portrait, tmp_path, capsys, kind):
    other, seen = tmp_path / "other.png", tmp_path / "seen.png"
    Image.new("RGB", (4, 4)).save(other, kind)
    before = other.read_bytes()
    command = [str(portrait), "--model", MEMBER, "--json", "--heatmap"]
    assert main([*command, str(other)]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert "other.png exists and is no heatmap" in answer["error"]
    assert answer["faces"], "the answer is lost"
    assert other.read_bytes() == before
    assert [main([*command, str(seen)]) for _ in range(2)] == [0, 0]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_command_line_prints_the_top_emotion_first(portrait, capsys):
    assert main([str(portrait)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[0] == "happiness"


# Models that cannot be used


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(MEMBER, copy)
    return copy


def set_unsealed(content):
    """Weights without a recorded SHA-256, as in folders written before there was one."""

    def rewrite(folder):
        (folder / "model.safetensors").write_bytes(content)
        set_config(sha256="")(folder)

    return rewrite


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: shutil.rmtree(f), "no model folder"),
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "not valid JSON"),
        (lambda f: (f / "config.json").write_text("{}"), "lacks or misnames"),
        (lambda f: (f / "config.json").write_text("[]"), "lacks or misnames"),
        (lambda f: (f / "config.json").write_text("[" * 100_000), "not valid JSON"),
        (set_config(architecture="res/net"), "'res/net'; known: ddamfn"),
        (set_config(format=99), "update the library"),
        (set_config(labels=3), "must be surprise, fear"),
        (set_config(labels=["happy", "sad"]), "must be surprise, fear"),
        (set_config(labels=list(reversed(EMOTIONS))), "must be surprise, fear"),
        (set_config(temperature=0), "cannot be"),
        (set_config(temperature="warm"), "cannot be"),
        (set_config(mean=["a", "b", "c"]), "cannot be"),
        (set_config(std=[0, 0, 0]), "cannot be"),
        (set_config(input_size="112"), "cannot be"),
        (set_config(frame=[[0, 0]]), "cannot be"),
        (set_config(grey="yes"), "cannot be"),
        (set_config(temperature=1e-320), "temperature that cannot be: it must be a number from"),
        (set_config(temperature=float("nan")), "temperature that cannot be"),
        (set_config(temperature=True), "temperature that cannot be"),
        (set_config(std=[1e-320] * 3), "std that cannot be"),
        (set_config(mean=[10**400, 0, 0]), "mean that cannot be"),
        (set_config(input_size=16000), "input_size that cannot be"),
        (set_config(input_size=True), "input_size that cannot be"),
        (set_config(input_size=128), "gives no probabilities"),
        (set_config(frame=[[1e300, 1]] * 5), "frame that cannot be"),
        (set_config(frame=["ab"] * 5), "frame that cannot be"),
        (set_config(recipe=3), "recipe that cannot be"),
        (set_config(library_version=None), "library_version that cannot be"),
        (set_config(training_data={"name": 3, "licence": []}), "training_data that cannot be"),
        (set_config(sha256="short"), "sha256 that cannot be"),
        (set_config(graph={"sha256": 3, "weights_sha256": 4}), "graph that cannot be"),
        (set_config(outputs=[*EMOTIONS, "anger"]), "gives no probabilities|does not fit"),
        (set_config(outputs=EMOTIONS * 5), "outputs that cannot be"),
        (set_config(outputs=[[1]]), "outputs that cannot be"),
        (set_config(recipe="long" * 500_000), "too large to be a model's"),
        (lambda f: ((f / "config.json").unlink(), os.mkfifo(f / "config.json")), "no config.json"),
        (lambda f: (f / "model.safetensors").open("ab").truncate(2**40), "too large"),
        (set_config(surplus=1), "lacks or misnames"),
        (lambda f: (f / "model.safetensors").unlink(), "no model.safetensors"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "damaged or was changed"),
        (lambda f: (f / "model.safetensors").write_bytes(b"\x80\x04K." * 99), "damaged"),
        (set_unsealed(b"\x80\x04K." * 99), "damaged or incomplete"),
        (lambda f: (f / "model.safetensors").open("r+b").truncate(4_000_000), "damaged"),
        (set_tensors(lambda t: t.pop("classifier.bias")), "classifier.bias is missing"),
        (
            set_tensors(lambda t: t.update(extra=torch.zeros(1))),
            "extra is .1,. float, expected none",
        ),
        (
            set_tensors(lambda t: t.update({"classifier.bias": torch.zeros(8)})),
            "is .8,. float, expec",
        ),
        (set_tensors(lambda t: t["classifier.bias"].fill_(np.nan)), "not finite"),
        (set_config(sha256="0" * 64), "damaged or was changed"),
        (set_config(outputs=[*EMOTIONS, "contempt"]), "cannot be"),
        (set_config(outputs=EMOTIONS[1:]), "cannot be"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_model_folder_gets_one_sentence(folder, portrait, capsys, spoil, sentence):
    spoil(folder)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load(folder)
    assert "\n" not in str(caught.value)
    with pytest.raises(fer.FerError):
        fer.load(folder, engine="openvino")
    assert main([str(portrait), "--model", str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (5, "not of type int"),
        (b"fast", "not of type bytes"),
        (["fast"], "not of type list"),
        ("a" * 5000, "no model folder"),
        ("a\0b", "no model folder"),
    ],
)
def test_what_is_no_model_gets_one_sentence(model, sentence):
    with pytest.raises(fer.ModelError, match=sentence):
        fer.load(model)


def test_saved_model_answers_as_the_network_did(tmp_path):
    network = load_network(open_network(MEMBER))
    network.classifier.weight.neg_()  # another one than the bundled
    frame = tuple((0.5, 0.5) for _ in range(5))
    data = TrainingData("generated", "none needed")
    config = NetworkConfig(
        "ddamfn", 112, IMAGENET_MEAN, IMAGENET_STD, frame, False, 2.0, data, "test"
    )
    save_network(tmp_path, network, config)
    loaded = fer.load(tmp_path)
    crop = Image.effect_noise((112, 112), 90).convert("RGB")
    batch = torch.from_numpy(to_batch([crop], 112, IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        expected = (network(batch) / 2).softmax(1)[0]
    np.testing.assert_allclose(loaded.predict([crop])[0], expected, atol=1e-5)
