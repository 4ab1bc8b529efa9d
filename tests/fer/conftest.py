"""A model and inputs of many kinds that the tests of large runs share."""

import shutil
import zipfile
from pathlib import Path

import pytest
from films import write_clip
from PIL import Image

import fer


@pytest.fixture(scope="session")
def fast() -> fer.Recognizer:
    return fer.load("fast")


@pytest.fixture(scope="session")
def mixed(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 13 pictures: photos, one of them twice, one bad and one without a face; a zip
    with one that is good and one that is not; a clip of a second."""
    folder = tmp_path_factory.mktemp("mixed")
    shutil.copy(portrait, folder / "a.jpg")
    (folder / "bad.jpg").write_bytes(b"no photo")
    (folder / "below").mkdir()
    shutil.copy(portrait, folder / "below" / "again.jpg")
    shutil.copy(portrait.with_name("hopper.jpg"), folder / "below" / "b.jpg")
    Image.new("RGB", (300, 200), "grey").save(folder / "empty.png")
    (folder / "notes.txt").write_text("neither a photo nor a list here")
    write_clip(folder / "film.mp4", portrait, 1.2)
    with zipfile.ZipFile(folder / "some.zip", "w") as archive:
        archive.write(portrait, "in/one.jpg")
        archive.writestr("in/two.jpg", b"no photo")
        archive.writestr("in/readme.md", b"passed over")
    return folder
