"""Visitors' files are there while they are read, and no longer."""

import os
import time

import pytest

from fer.ui import uploads

LONG_AGO = time.time() - uploads.UNREAD_SECONDS - 1


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """A file as gradio puts it there."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    path = tmp_path / "folder" / "photo.jpg"
    path.parent.mkdir()
    path.touch()
    return path


@pytest.mark.parametrize(
    ("age", "being_read", "kept"),
    [
        ("old", False, False),
        ("old", True, True),  # of a batch that takes minutes
        ("new", False, True),
    ],
)
def test_what_nobody_reads_is_erased(upload, age, being_read, kept):
    if age == "old":
        os.utime(upload, (LONG_AGO, LONG_AGO))
    if being_read:
        with uploads.taken({"path": str(upload)}):
            uploads.erase_unread()
            assert upload.exists() == kept
    else:
        uploads.erase_unread()
        assert upload.exists() == upload.parent.exists() == kept


def test_what_has_been_read_is_erased(upload):
    with uploads.taken({"path": str(upload)}) as path:
        assert path.exists()
    assert not upload.parent.exists()


def test_files_of_other_programs_stay(upload, monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    os.utime(upload, (LONG_AGO, LONG_AGO))
    uploads.erase_unread()
    assert upload.exists()
