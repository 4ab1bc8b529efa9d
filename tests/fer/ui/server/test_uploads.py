"""Visitors' files are there while they are read, and no longer."""

import os
import time
from contextlib import nullcontext

import pytest

from fer.ui.server import uploads


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """A file as gradio puts it there."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    path = tmp_path / "folder" / "photo.jpg"
    path.parent.mkdir()
    path.touch()
    return path


def make_old(path):
    then = time.time() - uploads.UNREAD_SECONDS - 1
    os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("age", "reading", "kept"),
    [
        (make_old, nullcontext, False),
        (make_old, uploads.taken, True),  # of a batch that takes minutes
        (lambda path: None, nullcontext, True),
    ],
    ids=["old", "old, being read", "new"],
)
def test_what_nobody_reads_is_erased(upload, age, reading, kept):
    age(upload)
    with reading({"path": str(upload)}):
        uploads.erase_unread()
        assert upload.exists() == upload.parent.exists() == kept


def test_what_has_been_read_is_erased(upload):
    with uploads.taken({"path": str(upload)}) as path:
        assert path.exists()
    assert not upload.parent.exists()


def test_files_of_other_programs_stay(upload, monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    make_old(upload)
    uploads.erase_unread()
    assert upload.exists()
