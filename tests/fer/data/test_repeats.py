"""Pictures that are in a data set more than once are found and named."""

import io

import numpy as np
import pytest
from datasets import Dataset, Features
from datasets import Image as ImageFeature
from generated import image_folder
from PIL import Image

from fer.data import LabelledFaces
from fer.data.repeats import repeats
from fer.labels import EMOTIONS
from train.data.repeats import main


def photo(seed: int, side: int = 64) -> Image.Image:
    """A smooth picture, always the same for a seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)


def compressed(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=50)
    return Image.open(file)


def split(*rows: tuple[Image.Image, int]) -> LabelledFaces:
    images = [picture for picture, _ in rows]
    table = Dataset.from_dict({"image": images}, Features({"image": ImageFeature()}))
    labels = np.array([label for _, label in rows])
    return LabelledFaces(table, labels, np.eye(7, dtype=np.float32)[labels])


TRAIN = [(photo(seed), 0) for seed in range(4)]
GREY = Image.new("RGB", (64, 64), (9, 9, 9))


@pytest.mark.parametrize(
    ("train", "test", "sentences"),
    [
        (TRAIN, [(photo(9), 0)], []),
        (TRAIN, [(photo(9), 0), (photo(2), 0)], ["1 images of test are also in train, such as"]),
        (TRAIN, [(compressed(photo(2)), 0)], ["1 images of test nearly equal one of train"]),
        (TRAIN, [(photo(2, 48), 0)], ["1 images of test nearly equal one of train"]),
        (TRAIN, [(photo(2).rotate(90), 0)], []),
        (
            TRAIN,
            [(photo(3), 5)],
            ["1 images of test are also in train", "1 images have two labels, such as row 3 (surp"],
        ),
        ([*TRAIN, (photo(1), 2)], [(photo(9), 0)], ["1 images have two labels, such as row 1"]),
        ([(GREY, 0)], [(Image.new("RGB", (64, 64), (99, 99, 99)), 0)], []),
        ([(GREY, 0)], [(GREY.convert("L"), 0)], ["1 images of test are also in train"]),
    ],
    ids=[
        *("none", "equal", "compressed", "smaller", "turned", "equal with another label"),
        *("two labels", "of one colour each", "grey and RGB"),
    ],
)
def test_repeats_are_found(train, test, sentences):
    found = repeats({"train": split(*train), "test": split(*test)})
    assert len(found) == len(sentences)
    for sentence, start in zip(found, sentences, strict=True):
        assert sentence.startswith(start)


def test_the_command_names_files(tmp_path, capsys):
    image_folder(EMOTIONS)(tmp_path)  # its test has pictures of train
    assert main(["--data", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "images of test are also in train, such as" in said
    assert str(tmp_path / "test" / "anger") in said
    assert str(tmp_path / "train" / "anger") in said
    assert main(["--data", str(tmp_path / "none")]) == 2
