"""What is kept from one start to the next, and that it may be lost or damaged at any time."""

import os

import numpy as np
import pytest
from generated import FASTER
from PIL import Image

import fer
from fer.cache import Kept

FACE = [Image.effect_noise((64, 64), 90).convert("RGB")]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "fer-toolkit"


def test_the_latest_few_are_kept(home):
    kept = Kept("things", most=2)
    assert kept.get("a") is None
    for age, name in enumerate("abc"):
        kept.put(name, name.encode() * 1000)
        os.utime(home / "things" / name, (age, age))
    assert [kept.get(name) for name in "abc"] == [None, b"b" * 1000, b"c" * 1000]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\0"),
        lambda path: path.unlink(),
    ],
)
def test_what_was_damaged_is_not_there(home, damage):
    kept = Kept("things", most=2)
    kept.put("a", b"content")
    damage(home / "things" / "a")
    assert kept.get("a") is None


def test_a_place_that_cannot_be_written_keeps_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    kept = Kept("things", most=2)
    kept.put("a", b"content")
    assert kept.get("a") is None
    assert fer.load(FASTER).predict(FACE).shape == (1, 7)


def test_a_network_that_was_kept_answers_with_the_same_bits(home, monkeypatch):
    first = fer.load(FASTER).predict(FACE)
    assert len(list((home / "openvino").iterdir())) == 2, "the detector and the network"
    monkeypatch.setattr("fer.models.graph.opened_graph", None)  # it is not compiled again
    np.testing.assert_array_equal(fer.load(FASTER).predict(FACE), first)


def test_what_cannot_be_read_is_made_anew(home):
    first = fer.load(FASTER).predict(FACE)
    for path in (home / "openvino").iterdir():
        Kept("openvino", 9).put(path.name, b"of another program")
    np.testing.assert_array_equal(fer.load(FASTER).predict(FACE), first)
