"""Faces followed over pictures, and clips into timelines."""

import json
import os
from pathlib import Path

import pytest
from films import write_clip, write_late_clip, write_turn, write_uneven_clip
from generated import MEMBER
from PIL import Image

import fer
from fer import video
from fer.faces.cuts import glimpse, is_cut
from fer.faces.tracking import PATIENCE, Tracker, match, overlap
from fer.film import open_film


@pytest.fixture(scope="module")
def recognizer() -> fer.Recognizer:
    return fer.load(MEMBER)


A, B = (0, 0, 10, 10), (100, 0, 110, 10)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (A, A, 1),
        (A, (5, 0, 15, 10), 1 / 3),
        (A, (10, 0, 20, 10), 0),  # side by side
        (A, (2, 2, 4, 4), 0.04),  # one inside the other
    ],
)
def test_overlap(one, other, expected):
    assert overlap(one, other) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([A, B], [B, A], [1, 0]),
        ([A], [A, (1, 0, 11, 10)], [0, None]),  # the nearer one wins
        ([A], [B], [None]),
        ([], [A], [None]),
        ([A], [], []),
    ],
)
def test_match(before, now, expected):
    assert match(before, now) == expected


def test_a_face_keeps_its_number_until_it_is_away_too_long():
    tracker = Tracker()
    assert tracker(0.0, [A, B]) == [1, 2]
    assert tracker(0.2, [B]) == [2]
    assert tracker(0.4, [B, A]) == [2, 1]  # was away for a moment
    assert tracker(0.4 + PATIENCE + 0.1, [A]) == [3]


def scene(colour: str, with_box: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Image.Image:
    picture = Image.new("RGB", (320, 180), colour)
    picture.paste("black", with_box)
    return picture


@pytest.mark.parametrize(
    ("before", "now", "cut"),
    [
        (scene("white"), scene("white"), False),
        (scene("white"), scene("grey"), True),
        (scene("red"), scene("blue"), True),
        (
            scene("white", (0, 0, 40, 90)),
            scene("white", (60, 20, 100, 110)),
            False,
        ),  # somebody went
        (scene("grey"), scene("#909090"), False),  # a cloud
    ],
)
def test_a_cut_is_more_than_movement(before, now, cut):
    assert is_cut(glimpse(before), glimpse(now)) is cut


def test_no_number_goes_on_over_a_cut():
    tracker, day, night = Tracker(), glimpse(scene("white")), glimpse(scene("navy"))
    assert tracker(0.0, [A], day) == [1]
    assert tracker(0.2, [A], day) == [1]
    assert tracker(0.4, [A], night) == [2]
    resumed = Tracker.resume(json.loads(json.dumps(tracker.state())))
    assert resumed(0.6, [A], night) == [2]
    assert resumed(0.8, [A], day) == [3]


def test_however_long_a_film_is_only_recent_faces_are_remembered():
    tracker = Tracker()
    for second in range(0, 1000, 10):
        tracker(float(second), [A])
    assert len(tracker.state()["last"]) == 1


@pytest.mark.parametrize(("every", "count"), [(0.1, 20), (0.2, 10), (1.0, 2)])
def test_a_film_shows_as_many_pictures_as_are_asked_for(portrait, tmp_path, every, count):
    clip = write_clip(tmp_path / "clip.mp4", portrait, 2, 240, rate=30)
    film = open_film(clip, every)
    assert film.seconds == pytest.approx(2)
    assert len(list(film.pictures)) == count


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_a_film_of_uneven_pictures_is_shown_by_their_times(tmp_path, kind):
    clip = write_uneven_clip(tmp_path / f"clip.{kind}", [0, 0.04, 0.08, 1, 1.5, 1.54, 1.7, 3])
    seconds = [picture.seconds for picture in open_film(clip, 0.2).pictures]
    assert seconds == pytest.approx([0, 1, 1.5, 1.7, 3], abs=0.002)


def test_a_large_film_is_shown_smaller_by_a_scale(tmp_path):
    picture = next(open_film(write_clip(tmp_path / "4k.mp4", None, 0.2, 1920), 0.2).pictures)
    assert (picture.photo.size, picture.scale) == ((1280, 960), 2)


def test_a_clip_becomes_a_timeline(recognizer, portrait, tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", portrait, 2)
    timeline = video.watch(clip, recognizer)
    frame = timeline.to_frame()
    assert set(frame["face"]) == {1}
    assert list(frame["emotion"].unique()) == ["happiness"]
    assert len(frame) == pytest.approx(2 * video.PICTURES_A_SECOND, abs=1)
    assert frame["seconds"].is_monotonic_increasing
    (peak,) = timeline.peaks()
    assert (peak.number, peak.emotion) == (1, "happiness")
    assert timeline.to_csv().splitlines()[0].startswith("seconds,face,emotion,sure,valence,surpr")


@pytest.mark.parametrize(
    "name",
    [
        "take 1: at home.mp4",
        "http:clip.mp4",
        "concat:a|b.mp4",
        "clip%03d.mp4",
        "-.mp4",
        "Ünal 🙂.mp4",
        os.fsdecode(b"caf\xe9.mp4"),
    ],
)
def test_a_clip_may_have_any_name(recognizer, portrait, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write_clip(Path("clip.mp4"), portrait, 0.3).rename(name)
    assert len(video.watch(name, recognizer).rows) == 2


def test_a_clips_time_begins_with_its_first_picture(recognizer, portrait, tmp_path):
    clip = write_late_clip(tmp_path / "late.webm", portrait)
    seconds = video.watch(clip, recognizer).to_frame()["seconds"]
    assert seconds.min() == 0
    assert 5 < seconds.max() < 60


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clip.mp4", "mpeg4"),
        ("clip.mp4", "libx264"),
        ("clip.mp4", "libx265"),
        ("clip.mp4", "libsvtav1"),
        ("clip.webm", "vp8"),
        ("clip.webm", "libvpx-vp9"),
        ("clip.avi", "mpeg4"),
    ],
)
def test_what_phones_and_browsers_write_is_read(recognizer, portrait, tmp_path, name, codec):
    timeline = video.watch(write_clip(tmp_path / name, portrait, 0.5, 240, codec=codec), recognizer)
    assert [row["emotion"] for row in timeline.rows] == ["happiness"] * 3


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_clip_filmed_sideways_is_turned_upright(portrait, tmp_path, turn):
    clip = write_clip(tmp_path / "clip.mp4", portrait, 0.1, 96)
    upright = next(open_film(clip, 1).pictures).photo
    write_turn(clip, turn)
    turned = next(open_film(clip, 1).pictures).photo
    assert turned.tobytes() == upright.rotate(-turn, expand=True).tobytes()


def test_the_largest_clip_that_cameras_call_4k_is_read(recognizer, tmp_path):
    assert video.watch(write_clip(tmp_path / "4k.mp4", None, 0.2, 3072), recognizer).rows == []


def test_of_many_moments_the_clearest_are_shown_in_the_order_of_time():
    crop = Image.new("RGB", (8, 8))
    moments = [(0.0, "fear", 0.9), (1.0, "anger", 0.6), (2.0, "neutral", 0.8)]
    timeline = video.Timeline(
        _peaks={(1, emotion): video.Peak(when, 1, emotion, p, crop) for when, emotion, p in moments}
    )
    assert [peak.seconds for peak in timeline.peaks(2)] == [0.0, 2.0]
    assert len(timeline.peaks()) == 3


def cut(path: Path, portrait: Path) -> None:
    data = write_clip(path, portrait, 1).read_bytes()
    path.write_bytes(data[: len(data) // 2])


# A header without an end, at which OpenCV's reader crashed.
AVI = b"RIFF\x2e\x17\0\0AVI LIST\xec\x11\0\0hdrlavih\xa8\x26\xc8\x87" + bytes(160)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path, _: path.write_text("#EXTM3U\nhttp://127.0.0.1/"), "not a video"),
        (lambda path, _: path.write_bytes(b""), "not a video"),
        (lambda path, portrait: path.write_bytes(portrait.read_bytes()), "not a video"),
        (lambda path, _: path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(99)), "damaged"),
        (cut, "damaged"),
        (lambda path, _: path.write_bytes(AVI), "damaged"),
        (lambda path, _: write_clip(path, None, 70, 48), "longer than 60 seconds"),
        (lambda path, _: write_clip(path, None, 7200, 24), "longer than 60 seconds"),
        (lambda path, _: write_clip(path, None, 0.1, 3600), "larger than 4K"),
        (lambda path, _: write_clip(path, None, 20, 24, rate=400), "more than 7,320 pictures"),
        (lambda path, _: None, "cannot be read"),
        (lambda path, _: path.mkdir(), "cannot be read"),
        (lambda path, _: os.mkfifo(path), "cannot be read"),
    ],
    ids=[
        *["playlist", "empty", "photo", "rubbish", "cut", "avi", "70 s", "2 h", "large", "fast"],
        *["missing", "folder", "pipe"],
    ],
)
def test_a_bad_clip_gets_one_sentence(recognizer, portrait, tmp_path, make, sentence):
    path = tmp_path / "clip.mp4"
    make(path, portrait)
    with pytest.raises(fer.VideoError, match=sentence) as caught:
        video.watch(path, recognizer)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_no_text_can_still_be_said(recognizer, tmp_path):
    with pytest.raises(fer.VideoError, match=r"“caf\?\.mp4” cannot be read") as caught:
        video.watch(tmp_path / os.fsdecode(b"caf\xe9.mp4"), recognizer)
    str(caught.value).encode()
