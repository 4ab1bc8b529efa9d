"""Pictures of a split are decoded once, as far as memory is given to them."""

import numpy as np
import pytest
from PIL import Image

from fer.data import LabelledFaces, faces
from fer.images import open_image


class Pictures(list):
    """Rows of pictures that count how often they are decoded."""

    def __getitem__(self, row: int) -> dict[str, Image.Image]:
        self.decoded += 1
        return {"image": super().__getitem__(row)}

    def select(self, rows) -> "Pictures":
        return split([list.__getitem__(self, row) for row in rows]).images


def split(pictures: list[Image.Image]) -> LabelledFaces:
    images = Pictures(pictures)
    images.decoded = 0
    return LabelledFaces(images, np.arange(len(images)), np.eye(7)[: len(images)])


GREYS = [Image.new("L", (5, 4), 50 * row) for row in range(4)]  # 20 bytes each


@pytest.mark.parametrize(
    ("room", "decoded"),
    [
        (1000, 4),  # once each
        (45, 4 + 2 + 2),  # two of them are kept
        (0, 4 * 3),  # three passes
    ],
)
def test_pictures_are_decoded_once_if_they_fit(monkeypatch, room, decoded):
    monkeypatch.setattr(faces, "KEPT_BYTES", room)
    grey = split(GREYS)
    for _ in range(3):
        assert [grey.image(row).getpixel((0, 0)) for row in range(4)] == [0, 50, 100, 150]
    assert grey.images.decoded == decoded


def test_rows_that_are_left_keep_their_pictures():
    grey = split(GREYS)
    assert grey.unreadable() == {}
    left = grey.without([1])
    assert [left.image(row).getpixel((0, 0)) for row in range(3)] == [0, 100, 150]
    assert left.images.decoded == 0


@pytest.mark.parametrize(
    ("mode", "colour", "shape"),
    [
        ("L", 7, (4, 5)),
        ("RGB", (7, 8, 9), (4, 5, 3)),
        ("RGBA", (7, 8, 9, 0), (4, 5, 3)),
        ("P", 7, (4, 5, 3)),
        ("LA", (7, 0), (4, 5, 3)),
        ("1", 1, (4, 5, 3)),
    ],
)
def test_a_picture_of_any_kind_is_grey_or_rgb(mode, colour, shape):
    picture = Image.new(mode, (5, 4), colour)
    one = split([picture])
    assert one.pixels(0).shape == shape
    assert one.image(0).convert("RGB").tobytes() == open_image(picture).tobytes()
