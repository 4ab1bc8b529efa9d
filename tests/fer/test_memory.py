"""Memory that is used up is said, and called neither damage nor nothing at all."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from generated import MEMBER

import fer
from fer import batch
from fer.commands import run_command
from fer.errors import FerError
from fer.images import open_image
from fer.ui.backend import Backend
from fer.ui.page import build

SAID = "needs more memory than there is"


def used_up(*given: Any, **settings: Any) -> Any:
    raise MemoryError


@pytest.mark.parametrize(
    "place", ["PIL.Image.open", "PIL.JpegImagePlugin.JpegImageFile.load", "pathlib.Path.read_bytes"]
)
def test_a_photo(portrait: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(place, used_up)
    with pytest.raises(FerError, match=SAID):
        open_image(portrait)


def test_a_photo_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.jpg", b"photo")
    ((_, get),) = batch.gather([tmp_path / "photos.zip"])
    monkeypatch.setattr(zipfile.ZipExtFile, "read", used_up)
    with pytest.raises(FerError, match=SAID):
        get()


@pytest.mark.parametrize(
    ("endpoint", "place", "several"),
    [
        ("recognize", "fer.ui.api.open_image", False),
        ("batch", "fer.batch.read_all", True),
        ("video", "fer.video.follow", False),
    ],
)
def test_an_endpoint(
    portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint, place, several
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(place, used_up)
    page = build(Backend.on_cpu(fer.load(MEMBER)))
    offered = {one.api_name: one.fn for one in page.fns.values()}
    upload = {"path": shutil.copy(portrait, tmp_path)}
    assert SAID in offered[endpoint]([upload] if several else upload)["error"]


def test_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(used_up) == 2
    assert SAID in capsys.readouterr().err
