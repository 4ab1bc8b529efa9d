"""What `fer batch` is measured with: inputs of every kind, as many as are asked for."""

import pytest

from benchmarks import bulk_inputs
from fer.bulk.inputs import LeftOut, find
from fer.bulk.items import items
from fer.images import open_image


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda folder: bulk_inputs.photos(folder / "a", 3), 3),
        (lambda folder: bulk_inputs.mixed(folder / "a", 80), 80),
        (lambda folder: bulk_inputs.film(folder / "a.mp4", 2), 10),
    ],
    ids=["photos", "mixed", "film"],
)
def test_as_many_pictures_are_made_as_are_asked_for(tmp_path, make, count):
    files = find([str(make(tmp_path))], LeftOut())
    found = [item for file in files for item in items(file, 0.2)]
    assert len(found) == count
    photos = {one.picture for one in found if isinstance(one.picture, bytes)} - {b"no photo"}
    assert all(open_image(photo).width for photo in photos)
    bad = sum(one.picture == b"no photo" for one in found)
    films = sum(one.frame is not None for one in found)
    assert len(photos) == count - bad - films


def test_a_long_film_is_the_same_minute_again(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk_inputs, "REEL", 1)
    (file,) = find([str(bulk_inputs.film(tmp_path / "a.mp4", 3))], LeftOut())
    seconds = [item.frame.seconds for item in items(file, 0.2) if item.frame]
    assert seconds == pytest.approx([n / 5 for n in range(15)], abs=0.01)
