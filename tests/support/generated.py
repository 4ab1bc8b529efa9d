"""Small data sets and models made on the fly."""

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from datasets import ClassLabel, Dataset, Features, Image, List, Value
from PIL import Image as PILImage

from fer.faces import ARCFACE
from fer.labels import EMOTIONS
from fer.models.bundled import WEIGHTS
from fer.models.config import EnsembleConfig, NetworkConfig, TrainingData
from fer.models.ensemble import Stacker, save_ensemble
from fer.models.model_folder import open_network
from fer.models.weights import load_network, save_network
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD
from fer.networks.registry import build

MEMBER = str(WEIGHTS / "ddamfn-ferplus")  # of the bundled ensemble
FASTER = str(WEIGHTS / "convnext-ferplus")  # the other one


def tiny_recipe(
    name: str, architecture: str, more: str = "", size: int = 32, faces: int = 14, batch: int = 7
) -> str:
    """A recipe of a step or a few on generated data, with `more` lines before its one stage."""
    return f"""
name = "{name}"
architecture = "{architecture}"
training_data = {{ name = "generated", licence = "none needed" }}
{more}
[[stages]]
name = "whole"
network = "whole"
size = {size}
epochs = 1
faces = {faces}
batch = {batch}
lr = 1e-3
"""


def copy_member(folder: Path) -> Path:
    """A copy of a bundled model to stack on other faces: it does not say which ones chose it."""
    shutil.copytree(FASTER, folder)
    record = json.loads((folder / "training.json").read_text())
    record.pop("validation", None)
    (folder / "training.json").write_text(json.dumps(record))
    return folder


def write_untrained(
    folder: Path, training_data: TrainingData, side: int = 112, seed: int = 0
) -> None:
    """A ConvNeXt-V2 that has learned nothing, always the same one of a seed."""
    torch.manual_seed(seed)
    frame = tuple(map(tuple, ARCFACE.tolist()))
    name = "convnextv2_atto"
    config = NetworkConfig(
        name, side, IMAGENET_MEAN, IMAGENET_STD, frame, False, 1.0, training_data, "untrained"
    )
    save_network(folder, build(name, len(EMOTIONS)), config)


def write_split(
    path: Path, rows: int, names: tuple[str, ...] = EMOTIONS, votes: bool = True
) -> None:
    """A parquet of grey 48×48 patterns, a brightness an emotion, labels in the order of `names`."""
    generator = np.random.default_rng(rows)
    emotions = [EMOTIONS[row % len(EMOTIONS)] for row in range(rows)]
    images = []
    for emotion in emotions:
        noise = generator.integers(0, 60, (48, 48))
        images.append(PILImage.fromarray((noise + 25 * EMOTIONS.index(emotion)).astype(np.uint8)))
    columns = {"image": images, "label": [names.index(emotion) for emotion in emotions]}
    features = {"image": Image(), "label": ClassLabel(names=list(names))}
    if votes:
        columns["votes"] = [
            [8 if n == emotion else int(n == "neutral") for n in names] for emotion in emotions
        ]
        features["votes"] = List(Value("uint8"), length=len(names))
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_dict(columns, Features(features)).to_parquet(path)


def write_ensemble(root: Path) -> Path:
    """A stack of the bundled DDAMFN and an untrained one that repeats it, which prefers neutral."""
    for name in ("one", "two"):
        shutil.copytree(MEMBER, root / name)
    two = open_network(root / "two")
    network = load_network(two)
    with torch.no_grad():  # the same answer, from other places of the face
        network.backbone.conv_6_sep[0].weight.mul_(1.02)
    save_network(root / "two", network, two.config)
    coefficients = np.zeros((len(EMOTIONS), 2 * len(EMOTIONS)))
    intercept = np.zeros(len(EMOTIONS))
    intercept[EMOTIONS.index("neutral")] = 0.5
    stacker = Stacker(coefficients, intercept, "probabilities")
    save_ensemble(root / "both", EnsembleConfig(("../one", "../two"), "test"), stacker)
    return root / "both"


PER_EMOTION = {"train": 20, "test": 3}  # pictures of each emotion


def picture(emotion: int, number: int) -> PILImage.Image:
    """A colour that tells which emotion and which picture it is."""
    return PILImage.new("RGB", (100, 100), (30 * emotion, 10 * number, 0))


def official(root: Path, per_emotion: dict[str, int] = PER_EMOTION) -> None:
    """RAF-DB as its authors pack it."""
    aligned = root / "basic" / "Image" / "aligned"
    aligned.mkdir(parents=True)
    annotations = root / "basic" / "Annotation" / "manual"
    annotations.mkdir(parents=True)
    lines = []
    for split, count in per_emotion.items():
        for i in range(7 * count):
            name = f"{split}_{i + 1:05d}"
            picture(i % 7, i // 7).save(aligned / f"{name}_aligned.jpg", quality=100)
            lines.append(f"{name}.jpg {i % 7 + 1}")
            # five landmarks, then gender, race and age
            about = ["30.0\t40.0"] * 5 + [str(i % 2), str(i % 3), str(i % 5)]
            (annotations / f"{name}_manu_attri.txt").write_text("\n".join(about) + "\n")
    labels = root / "basic" / "EmoLabel"
    labels.mkdir()
    (labels / "list_patition_label.txt").write_text("\n".join(lines) + "\n")


def kaggle(root: Path, per_emotion: dict[str, int] = PER_EMOTION) -> None:
    """RAF-DB as Kaggle packs it."""
    for split, count in per_emotion.items():
        rows = []
        for i in range(7 * count):
            folder = root / "DATASET" / split / str(i % 7 + 1)
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{split}_{i + 1:05d}_aligned.jpg"
            picture(i % 7, i // 7).save(folder / name, quality=100)
            rows.append((name, i % 7 + 1))
        with (root / f"{split}_labels.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "label"), *rows])


def image_folder(names: Sequence[str]) -> Callable[..., None]:
    """A writer of image folders that call the emotions by these names."""

    def write(root: Path, per_emotion: dict[str, int] = PER_EMOTION) -> None:
        for split, count in per_emotion.items():
            for i in range(7 * count):
                folder = root / split / names[i % 7]
                folder.mkdir(parents=True, exist_ok=True)
                picture(i % 7, i // 7).save(folder / f"{i:05d}.png")

    return write
