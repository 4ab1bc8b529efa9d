"""What the page finds and reads by itself is what Python finds and reads, in a real browser."""

import base64
import gzip
import hashlib
import io
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, ImageChops, ImageEnhance, ImageOps
from playwright.sync_api import Browser, Page
from serving import ROOT

import fer
from fer.faces.tracking import overlap
from fer.ui.server import device_files

EXAMPLES = ROOT / "fer" / "ui" / "examples"
RUNTIME = device_files.DEVICE / "onnxruntime"

PIXEL, SHARE = 1.0, 0.01  # how far boxes and probabilities may be from Python's

# Two workers, as the live tab has them, find and read the faces of a picture.
READ = """
async ([folder, address, known]) => {
  const asked = (worker, message) =>
    new Promise((answered, failed) => {
      worker.onmessage = ({ data }) => (data.error ? failed(data.error) : answered(data.answer));
      worker.onerror = () => failed('no worker');
      worker.postMessage(message);
    });
  if (!window.workers) {
    const made = ['finder', 'reader'].map(async (make) => {
      const worker = new Worker(new URL(folder + 'worker.js', location), { type: 'module' });
      await asked(worker, { make });
      return worker;
    });
    window.workers = await Promise.all(made);
  }
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, image.width, image.height);
  const [finder, reader] = window.workers;
  const picture = { width, height, data };
  const faces = await asked(finder, { task: { picture, known, everywhere: !known.length } });
  const shares = await asked(reader, { task: faces.map(({ crop }) => crop) });
  return faces.map(({ crop, ...face }, i) => ({ ...face, probabilities: shares[i] }));
}
"""


@pytest.fixture(scope="module")
def opened(browser: Browser, app_url: str) -> Iterator[Page]:
    """A page of the app's, in which the workers may be."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(app_url)
    yield page
    page.close()


def in_format(photo: Image.Image, width: int, height: int) -> Image.Image:
    """A camera's picture with the photo in its middle."""
    return ImageOps.pad(photo, (width, height))


def twice(photo: Image.Image) -> Image.Image:
    """Beside itself, half as large."""
    both = Image.new("RGB", (photo.width * 3 // 2, photo.height))
    both.paste(photo, (0, 0))
    both.paste(photo.resize((photo.width // 2, photo.height // 2)), (photo.width, 0))
    return both


def read(page: Page, picture: Image.Image, known: Sequence[object] = ()) -> list[dict[str, Any]]:
    """The faces that the page finds: those that are known, or else all."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    address = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return page.evaluate(READ, [device_files.folder(), address, list(known)])


CHANGES = {
    "as it is": lambda photo: photo,
    "in a camera's format": lambda photo: in_format(photo, 640, 480),
    "in a phone's format": lambda photo: in_format(photo, 480, 640),
    "smaller than a thumbnail": lambda photo: in_format(photo, 160, 120),
    "larger than a glance": lambda photo: photo.resize((photo.width * 3, photo.height * 3)),
    "turned": lambda photo: photo.rotate(25, Image.Resampling.BICUBIC),
    "on its side": lambda photo: photo.rotate(80, Image.Resampling.BICUBIC),
    "dark": lambda photo: ImageEnhance.Brightness(photo).enhance(0.4),
    "cut off": lambda photo: photo.crop((0, 40, photo.width // 2 + 20, photo.height)),
    "twice": twice,
    "without a face": lambda photo: Image.new("RGB", (640, 480), "grey"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["astronaut", "hopper"])
def test_the_page_answers_as_python_does(
    opened: Page, fast: fer.Recognizer, name: str, change: str
) -> None:
    picture = CHANGES[change](Image.open(EXAMPLES / f"{name}.jpg").convert("RGB"))
    found = read(opened, picture)
    expected = fast(picture)
    assert len(found) == len(expected)
    for face, same in zip(found, expected, strict=True):
        np.testing.assert_allclose(face["box"], same.box, rtol=0, atol=PIXEL)
        np.testing.assert_allclose(face["landmarks"], same.landmarks, rtol=0, atol=PIXEL)
        np.testing.assert_allclose(face["probabilities"], same.probabilities, rtol=0, atol=SHARE)


def test_known_faces_are_followed_where_they_go(opened: Page, fast: fer.Recognizer) -> None:
    picture = twice(Image.open(EXAMPLES / "astronaut.jpg").convert("RGB"))
    first = read(opened, picture)
    assert [face["was"] for face in first] == [None, None]
    moved = ImageChops.offset(picture, 12, 7)
    for face, expected in zip(read(opened, moved, first), fast(moved), strict=True):
        assert face["was"] in (0, 1)
        assert overlap(face["box"], expected.box) > 0.85  # seen from where it was
    (face,) = read(opened, moved, first[1:])  # and others are not looked for each time
    assert face["was"] == 0


def test_all_that_is_loaded_is_small() -> None:
    assert sum(path.stat().st_size for path in device_files.FILES.values()) <= 16_000_000


@pytest.mark.parametrize("path", sorted(RUNTIME.glob("*.mjs")) + sorted(RUNTIME.glob("*.gz")))
def test_the_runtime_is_the_one_that_its_page_names(path) -> None:
    content = path.read_bytes()
    digest = hashlib.sha256(gzip.decompress(content) if path.suffix == ".gz" else content)
    line = f"| `{path.name.removesuffix('.gz')}` | `{digest.hexdigest()}` |"
    assert line in (RUNTIME / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", device_files.FILES)
def test_each_file_is_there_for_good_under_its_version(app_url: str, name: str) -> None:
    answer = httpx.get(f"{app_url}/{device_files.folder()}{name}")
    path = device_files.FILES[name]
    content = path.read_bytes()
    assert answer.content == (gzip.decompress(content) if path.suffix == ".gz" else content)
    assert "immutable" in answer.headers["Cache-Control"]
    # It computes, and asks no other server.
    assert answer.headers["Content-Security-Policy"] == device_files.POLICY
    assert "'unsafe-eval'" not in device_files.POLICY


@pytest.mark.parametrize(
    "path",
    [
        "device/0123456789abcdef/worker.js",  # another version
        f"{device_files.folder()}README.md",
        f"{device_files.folder()}metrics.json",
        f"{device_files.folder()}..%2Fpage.css",
        f"{device_files.folder()}../../config.json",
        "device/worker.js",
        "device/",
    ],
)
def test_nothing_else_is_there(app_url: str, path: str) -> None:
    assert httpx.get(f"{app_url}/{path}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_sent_there(app_url: str, method: str) -> None:
    sent = httpx.request(method, f"{app_url}/{device_files.folder()}worker.js", content=b"picture")
    assert sent.status_code in (404, 405)
