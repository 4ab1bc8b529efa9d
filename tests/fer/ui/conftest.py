"""What tests of the page share."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

expect.set_options(timeout=60_000)  # for a busy machine


@pytest.fixture(scope="session")
def pair(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with two faces; number 2, the smaller one, is on the right."""
    one = Image.open(portrait)
    both = Image.new("RGB", (one.width * 3 // 2, one.height))
    both.paste(one, (0, 0))
    both.paste(one.resize((one.width // 2, one.height // 2)), (one.width, 0))
    path = tmp_path_factory.mktemp("photos") / "pair.jpg"
    both.save(path, quality=95)
    return path


@pytest.fixture(scope="session")
def crowd(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with sixty faces in six rows."""
    face = Image.open(portrait).crop((120, 0, 360, 240)).resize((128, 128))
    photo = Image.new("RGB", (1280, 768))
    for place in range(60):
        photo.paste(face, (place % 10 * 128, place // 10 * 128))
    path = tmp_path_factory.mktemp("photos") / "crowd.jpg"
    photo.save(path, quality=95)
    return path
