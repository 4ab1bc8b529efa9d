"""Visitors' files are there while they are read, and no longer."""

import os
from contextlib import nullcontext
from types import SimpleNamespace

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


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets; nobody waits."""
    now = [1000.0]
    monkeypatch.setattr(uploads, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def wait(path, clock):
    clock[0] += uploads.UNCLAIMED_SECONDS + 1


def write_on(path, clock):
    wait(path, clock)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def set_the_wall_clock(path, clock):
    os.utime(path, (0, 0))
    uploads.erase_unneeded(set())


@pytest.mark.parametrize(
    ("awaited_first", "then", "reading", "awaited", "kept"),
    [
        (False, None, False, False, True),  # just uploaded: a request comes in a moment
        (False, wait, False, False, False),  # and never came
        (False, wait, False, True, True),  # waits in the queue, however long
        (False, wait, True, False, True),  # of a batch that takes minutes
        (False, write_on, False, False, True),  # by a slow connection
        (False, set_the_wall_clock, False, False, True),
        (True, None, False, False, False),  # cancelled in the queue
        (True, None, False, True, True),
    ],
)
def test_a_file_stays_as_long_as_somebody_needs_it(
    upload, clock, awaited_first, then, reading, awaited, kept
):
    uploads.erase_unneeded({upload} if awaited_first else set())
    if then:
        then(upload, clock)
    with uploads.taken({"path": str(upload)}) if reading else nullcontext():
        uploads.erase_unneeded({upload} if awaited else set())
        assert upload.exists() == upload.parent.exists() == kept


@pytest.mark.parametrize(
    ("inputs", "files"),
    [
        (lambda path: [{"path": path}], 1),
        (lambda path: [[{"path": path}, {"path": path + "2"}]], 2),
        (lambda path: [1, "text", None, {"path": 5}, {"path": "\0"}, {"path": path}], 1),
        (lambda path: [{"path": "/etc/passwd"}, {"path": f"{path}/../../../etc"}], 0),
        (lambda path: [{"path": "data:image/png;base64," + "A" * 100_000}], 0),
    ],
)
def test_a_request_names_files(upload, inputs, files):
    assert len(list(uploads.named(inputs(str(upload))))) == files


def test_what_has_been_read_is_erased(upload):
    with uploads.taken({"path": str(upload)}) as path:
        assert path.exists()
    assert not upload.parent.exists()


def test_files_of_other_programs_stay(upload, clock, monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    uploads.erase_unneeded(set())
    wait(upload, clock)
    uploads.erase_unneeded(set())
    assert upload.exists()
