"""Any image classifier gets a card of measured figures, and whatever is changed in it is found."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import transformers
from datasets import ClassLabel, Dataset, Features
from datasets import Image as ImageFeature
from generated import MEMBER
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf

from fer.models.model_folder import CARD
from model_cards.__main__ import main
from model_cards.any_model.labelled import in_order_of
from model_cards.any_model.measured import MEASURED, of_counts

CLASSES = ("cat", "dog", "tree frog")


def write_pictures(root: Path) -> None:
    """Eight noisy pictures of each class, a colour a class."""
    generator = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for picture in range(8):
            pixels = generator.integers(0, 90, (40, 40, 3), dtype=np.uint8)
            pixels[..., number] += 120
            Image.fromarray(pixels).save(root / name / f"{picture}.png")


def write_timm(folder: Path, labels: tuple[str, ...] = CLASSES) -> None:
    torch.manual_seed(0)
    network = timm.create_model("test_resnet", num_classes=len(CLASSES))
    config = {"label_names": list(labels)} if labels else {}
    save_for_hf(network, folder, model_config=config, safe_serialization=True)


def write_transformers(folder: Path) -> None:
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=8,
        id2label=dict(enumerate(CLASSES)),
    )
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    transformers.ViTImageProcessor(size=size).save_pretrained(folder)


def with_weights(folder: Path, value: float) -> None:
    """Every number of the weights is this."""
    tensors = load_file(folder / "model.safetensors")
    for one in tensors.values():
        if one.is_floating_point():
            one.fill_(value)
    save_file(tensors, folder / "model.safetensors")


def with_channels(folder: Path, channels: int) -> None:
    """The network wants pictures of so many channels, which none has."""
    network = timm.create_model("test_resnet", num_classes=len(CLASSES), in_chans=channels)
    config = {"label_names": list(CLASSES), "model_args": {"in_chans": channels}}
    save_for_hf(network, folder, model_config=config, safe_serialization=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("any")
    write_pictures(root / "pictures")
    write_timm(root / "resnet")
    assert main([str(root / "resnet"), "--data", str(root / "pictures")]) == 0
    return root


@pytest.fixture
def copy(made, tmp_path) -> Path:
    return shutil.copytree(made, tmp_path / "copy")


@pytest.mark.parametrize("write", [write_timm, write_transformers])
def test_a_card_is_made_and_right(made, tmp_path, write, capsys):
    folder, pictures = tmp_path / "model", str(made / "pictures")
    write(folder)
    assert main([str(folder), "--data", pictures]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    assert "tells 3 kinds of pictures apart: cat, dog, tree frog." in card
    assert "of 24 pictures of pictures (test)" in card
    measured = json.loads((folder / MEASURED).read_text())
    right = np.trace(measured["confusion"])
    assert f"| Accuracy | {100 * right / 24:.2f} % (" in card
    assert main(["check", str(folder), "--rerun", pictures]) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "path",
    [
        *("n", "accuracy.value", "accuracy.low", "accuracy.high", "mean_class_accuracy.value"),
        *("mean_class_accuracy.low", "per_class.cat.recall", "per_class.dog.support"),
        *("confusion.0.0", "confusion.2.1", "ece", "log_loss", "weights", "data_digest"),
        *("labels.0", "data", "architecture", "date"),
    ],
)
def test_any_changed_value_is_found(copy, path, capsys):
    file = copy / "resnet" / MEASURED
    values = json.loads(file.read_text())
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = values
    for parent in parents:
        place = place[parent]
    place[last] = f"{place[last]}x" if isinstance(place[last], str) else place[last] + 1
    file.write_text(json.dumps(values))
    assert main(["check", str(copy / "resnet"), "--rerun", str(copy / "pictures")]) == 1


@pytest.mark.parametrize(
    ("file", "change", "fault"),
    [
        (MEASURED, {"licence": "mit"}, "library, architecture or licence is not that of config"),
        (MEASURED, {"architecture": "resnet50"}, "architecture or licence is not that of config"),
        (MEASURED, {"versions": {}}, "versions cannot have torch None"),
        (MEASURED, {"versions": {"torch": "2, 99 % right", "python": "3"}}, "cannot have torch 2,"),
        (MEASURED, {"date": "today, 99 % right"}, "today, 99 % right is no date"),
        ("config.json", {"label_names": ["dog", "cat", "tree frog"]}, "measured with another conf"),
        ("config.json", {"pretrained_cfg": {"mean": [0.1] * 3}}, "measured with another config"),
        ("preprocessor_config.json", {}, "or preprocessor_config.json"),
    ],
)
def test_what_is_stated_is_of_the_folder_without_judging_again(copy, file, change, fault, capsys):
    path = copy / "resnet" / file
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(before | change))
    assert main(["check", str(copy / "resnet")]) == 1
    assert fault in " ".join(capsys.readouterr().out.split())


def test_changed_words_and_figures_of_the_card_are_found(copy, capsys):
    path = copy / "resnet" / CARD
    path.write_text(path.read_text().replace("## Limits\n", "## Limits\n\nIt is 99 % right.\n"))
    assert main(["check", str(copy / "resnet")]) == 1
    assert "“It is 99 % right.” comes from nowhere" in capsys.readouterr().out


def test_a_card_on_the_hub_is_checked_too(copy, loopback, capsys):
    loopback.upload("me/resnet", copy / "resnet")
    assert main(["check", "me/resnet"]) == 0, capsys.readouterr().out


def test_other_pictures_give_other_figures(copy, capsys):
    shutil.copy(copy / "pictures/cat/0.png", copy / "pictures/dog/new.png")
    assert main(["check", str(copy / "resnet"), "--rerun", str(copy / "pictures")]) == 1
    assert "these are other pictures or labels" in capsys.readouterr().out


def test_a_model_without_labels_has_those_of_the_folders(made, tmp_path):
    write_timm(tmp_path / "model", ())
    assert main([str(tmp_path / "model"), "--data", str(made / "pictures")]) == 0
    assert json.loads((tmp_path / "model" / MEASURED).read_text())["labels"] == list(CLASSES)


def test_a_card_by_somebody_else_is_not_replaced(made, tmp_path, capsys):
    write_timm(tmp_path / "model")
    (tmp_path / "model" / CARD).write_text("mine")
    assert main([str(tmp_path / "model"), "--data", str(made / "pictures")]) == 2
    assert "was not made here: move it away first" in capsys.readouterr().err
    assert (tmp_path / "model" / CARD).read_text() == "mine"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{}"), "names no image classifier"),
        (lambda folder: (folder / "config.json").write_text("["), "cannot be loaded"),
        (lambda folder: (folder / "model.safetensors").unlink(), "has no model.safetensors"),
        (lambda folder: (folder / "model.safetensors").write_text("x"), "cannot be loaded"),
        (lambda folder: write_timm(folder, ("cat", "dog", "bird")), "no label “tree frog”"),
        (lambda folder: write_timm(folder, (*CLASSES, "bird")), "but there are names of 4 classes"),
        (
            lambda folder: shutil.copy(f"{MEMBER}/config.json", folder),
            "is a model of this project: python -m train.evalu",
        ),
        (lambda folder: with_weights(folder, torch.nan), "answers what is no number: its weights"),
        (lambda folder: with_channels(folder, 4), "resnet cannot answer: "),
    ],
)
def test_what_cannot_be_judged_gets_a_sentence(copy, capsys, spoil, sentence):
    spoil(copy / "resnet")
    before = (copy / "resnet" / CARD).read_bytes()
    assert main([str(copy / "resnet"), "--data", str(copy / "pictures")]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert (copy / "resnet" / CARD).read_bytes() == before


@pytest.mark.parametrize("label", [-1, None])
def test_pictures_without_a_label_are_not_counted_as_one(made, tmp_path, capsys, label):
    pictures = [Image.open(made / "pictures" / "cat" / f"{number}.png") for number in range(3)]
    features = Features({"image": ImageFeature(), "label": ClassLabel(names=list(CLASSES))})
    table = Dataset.from_dict({"image": pictures, "label": [0, label, 1]}, features=features)
    table.to_parquet(tmp_path / "test.parquet")
    write_timm(tmp_path / "model")
    assert main([str(tmp_path / "model"), "--data", str(tmp_path)]) == 2
    assert "1 of 3 pictures in the test split of" in capsys.readouterr().err
    assert not (tmp_path / "model" / CARD).exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x", "--split", "train"], "--split goes with --data"),
        (["x", "--data", "y", "--split", ""], "Something has an empty name"),
        (["diff", "x", "y", "--out", "z.html"], "--out goes with html"),
        (["check", "x", "--data", "y"], "--data goes with a model's folder"),
        (["x", "y", "--data", "z"], "one model at a time"),
        (["gone", "--data", "z"], "gone has no config.json"),
    ],
)
def test_a_wrong_call_gets_a_sentence(capsys, arguments, sentence):
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_labels_are_compared_by_name():
    labels, places = in_order_of(["Tree_Frog", "DOG"], ["dog", "tree frog"])
    assert labels == ["Tree_Frog", "DOG"]
    assert places.tolist() == [1, 0]


def test_figures_of_counts():
    accuracy, mean_class, per_class = of_counts(np.array([[8, 2], [0, 0]]), ["a", "b"])
    assert (accuracy.value, mean_class.value) == (0.8, 0.8)
    assert accuracy.low < 0.8 < accuracy.high
    assert per_class["a"].recall == 0.8
    assert per_class["b"].support == 0
