"""Any file is a clip, or one sentence says why not."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from films import write_clip
from generated import FASTER
from hostile import damaged, value_or_sentence
from hypothesis import given
from hypothesis import strategies as st

import fer
from fer import video


@cache
def clip(kind: str) -> bytes:
    """A small whole clip of a grey wall."""
    with TemporaryDirectory() as folder:
        return write_clip(Path(folder) / f"clip.{kind}", None, 0.4, 24).read_bytes()


@pytest.fixture(scope="module")
def recognizer():
    return fer.load(FASTER)


@given(st.sampled_from(["mp4", "webm", "avi"]).flatmap(lambda kind: damaged(clip(kind))))
def test_any_file_is_a_clip_or_a_sentence(recognizer, shared_file, data):
    shared_file.write_bytes(data)
    timeline = value_or_sentence(lambda: video.watch(shared_file, recognizer))
    assert timeline is None or timeline.rows == []
