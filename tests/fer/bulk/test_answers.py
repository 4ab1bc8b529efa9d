"""Pictures are answered as ever, in their order, and never many of them are held at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest
from PIL import Image

import fer
from fer.bulk import answers as answers_module
from fer.bulk.ahead import made_ahead, mapped_ahead
from fer.bulk.answers import FACES_AT_ONCE, answers
from fer.bulk.items import Frame, Item
from fer.bulk.schema import of_face
from fer.faces.cuts import glimpse


def photos(*paths) -> list[Item]:
    return [Item(path.name, None, path.read_bytes()) for path in paths]


def test_a_photo_gets_the_answer_that_it_gets_alone(fast, portrait):
    other = portrait.with_name("hopper.jpg")
    found = list(answers(photos(portrait, other), fast, False, 8))
    for answer, path in zip(found, (portrait, other), strict=True):
        assert answer.faces == [of_face(face, 1.0) for face in fast(path)]
        assert answer.item.picture == b"", "the picture is let go of"


def test_a_face_crop_is_used_whole(fast, portrait):
    (answer,) = answers(photos(portrait), fast, True, 8)
    assert answer.faces == [of_face(face, 1.0) for face in fast(portrait, aligned=True)]
    assert "nose_x" not in answer.faces[0]


def test_a_picture_of_a_film_is_told_in_the_films_own_size(fast, portrait):
    picture = Image.open(portrait).convert("RGB")
    frame = Frame(1.0, 2.0, glimpse(picture))
    small, large = answers(
        [Item("f", "1", picture, Frame(0.0, 1.0, frame.seen)), Item("f", "2", picture, frame)],
        fast,
        False,
        8,
    )
    for key in ("box_x0", "box_y1", "nose_x", "left_mouth_y"):
        assert large.faces[0][key] == pytest.approx(2 * small.faces[0][key], abs=0.02)
    assert large.faces[0]["valence"] == small.faces[0]["valence"]


@pytest.mark.parametrize(("remembered", "looks"), [(10_000, 2), (400, 3)])
def test_the_same_file_is_answered_once_and_listed_twice(
    fast, portrait, monkeypatch, remembered, looks
):
    """As long as the answer is remembered, packed when two others came after it."""
    asked, detector = [], fast.detector
    found, answered = [], Event()

    def look(photo, side=None):
        asked.append(photo)
        return detector(photo, side)

    monkeypatch.setattr(fast, "detector", look)
    monkeypatch.setattr(answers_module, "FOUND_AHEAD", 1)
    monkeypatch.setattr(answers_module, "RECENT", 2)
    monkeypatch.setattr(answers_module, "REMEMBERED", remembered)
    bad = Item("bad", None, b"no photo")
    one, other = photos(portrait, portrait.with_name("hopper.jpg"))

    def given():
        yield from [one, bad, one]
        assert answered.wait(60)
        yield from [bad, other, bad, one]

    for answer in answers(given(), fast, False, 3):
        found.append(answer)
        if len(found) == 3:
            answered.set()
    assert [len(answer.faces) for answer in found] == [1, 0, 1, 0, 1, 0, 1]
    assert found[0].faces == found[2].faces == found[6].faces
    assert found[1].error == found[3].error
    assert len(asked) == looks


def test_a_crowd_is_split_and_the_faces_of_many_photos_are_read_together(
    fast, portrait, monkeypatch
):
    picture = Image.open(portrait).convert("RGB")
    (face,) = fast.detector(picture)
    monkeypatch.setattr(fast, "detector", lambda photo, side: [face] * (photo.width // 100))
    together = []

    def read(cuts):
        together.append(len(cuts))
        return type(fast).read_cuts(fast, cuts)

    monkeypatch.setattr(fast, "read_cuts", read)
    sizes = [300, 4000, 500, 100, 1200]  # faces in each are a hundredth of it
    given = [Item(str(size), None, Image.new("RGB", (size, 300))) for size in sizes]
    found = list(answers(given, fast, False, 256))
    assert [len(answer.faces) for answer in found] == [3, 40, 5, 1, 12]
    assert together == [FACES_AT_ONCE, FACES_AT_ONCE, 11, FACES_AT_ONCE, 2]


def test_what_is_raised_where_items_are_made_is_raised_where_answers_are_taken(fast, portrait):
    def given():
        yield from photos(portrait)
        raise fer.FerError("The drive is gone.")

    with pytest.raises(fer.FerError, match="drive is gone"):
        list(answers(given(), fast, False, 8))


def test_no_more_is_made_ahead_than_is_allowed():
    made, full = [], Event()

    def things():
        for number in count():
            made.append(number)
            if len(made) == 5:  # one is taken, three wait, one has no room
                full.set()
            yield number

    taken = made_ahead(things(), 3)
    assert next(taken) == 0
    assert full.wait(10)
    taken.close()
    assert made == [0, 1, 2, 3, 4]


def test_no_more_is_worked_ahead_than_is_allowed_and_the_order_stays():
    asked = []

    def things():
        for number in range(6):
            asked.append(number)
            yield number

    with ThreadPoolExecutor(2) as threads:
        done = mapped_ahead(lambda number: number * number, things(), threads, 3)
        assert next(done) == 0
        assert asked == [0, 1, 2]
        assert list(done) == [1, 4, 9, 16, 25]
