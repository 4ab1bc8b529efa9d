"""What users name: found in the same order every time, each file as what it is."""

import io
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fer
from fer.bulk.inputs import File, LeftOut, find
from fer.bulk.items import Item, count, items
from fer.bulk.storage import Vanished


def write(path: Path, data: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder to be in, with files of every kind, hidden ones, links in a circle and dead ones."""
    monkeypatch.chdir(tmp_path)
    for name in ("a/2.jpg", "a/10.PNG", "a/b/film.mov", "a/b/x.zip", "a/.hidden.jpg", "a/b/t.csv"):
        write(tmp_path / name)
    for name, target in (("loop", ".."), ("again", "."), ("out", "../..")):
        (tmp_path / "a/b" / name).symlink_to(target)
    (tmp_path / "a/dead.jpg").symlink_to("nowhere")
    (tmp_path / "a/self.png").symlink_to("self.png")
    (tmp_path / "other").mkdir()
    write(tmp_path / "other/3.webp")
    (tmp_path / "a/z").symlink_to("../other")
    write(tmp_path / "list.txt", "\ufeffa/2.jpg\r\n\nother\nan ö.jpg\n".encode())
    return tmp_path


FOLDER = ["a/10.PNG", "a/2.jpg", "a/b/film.mov", "a/b/x.zip", "a/dead.jpg", "a/self.png"]
LIST = ["a/2.jpg", "other/3.webp", "an ö.jpg"]


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        (["a"], [*FOLDER, "a/z/3.webp"]),
        (["a/2.jpg"], ["a/2.jpg"]),
        (["a/2.jpg", "a/2.jpg"], ["a/2.jpg", "a/2.jpg"]),
        (["a/*.jpg"], ["a/2.jpg", "a/dead.jpg"]),
        (["**/*.jpg"], ["a/2.jpg", "a/dead.jpg"]),
        (["a/**"], [*FOLDER, "a/z/3.webp"]),
        (["**/*"], [*FOLDER, "a/z/3.webp", *LIST]),
        (["a/**/b/**/*.[mz]*"], ["a/b/film.mov", "a/b/x.zip"]),
        (["a/**/*"], [*FOLDER, "a/z/3.webp"]),
        (["**.txt"], LIST),
        (["*/b/*.*"], ["a/b/film.mov", "a/b/t.csv", "a/b/x.zip"]),
        (["list.txt"], LIST),
        (["-"], ["other/3.webp", "a/2.jpg"]),
        (["a/b/t.csv"], ["a/b/t.csv"]),
    ],
    ids=lambda value: ",".join(value) if len(value) < 3 else "",
)
def test_inputs_are_found(here, monkeypatch, inputs, found):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"other/3.webp\na/2.jpg")))
    assert [file.path for file in find(inputs, LeftOut())] == found


def test_what_is_passed_over_is_counted(here):
    left_out = LeftOut()
    list(find(["a"], left_out))
    assert left_out == LeftOut(1, "a/b/t.csv")


@pytest.mark.parametrize("name", ["nowhere", "nowhere/*.jpg", os.fsdecode(b"caf\xe9")])
def test_an_input_that_is_not_there_is_said(here, name):
    with pytest.raises(fer.FerError, match="does not exist: check the name"):
        list(find([name], LeftOut()))


def test_a_name_that_is_no_text_can_be_read_and_said(tmp_path):
    write(tmp_path / os.fsdecode(b"caf\xe9.jpg"), b"photo")
    (file,) = find([str(tmp_path)], LeftOut())
    assert file.source.endswith("/caf?.jpg")
    assert [one.picture for one in items(file, 1)] == [b"photo"]


def test_of_a_data_set_on_the_hub_the_commit_is_told(tmp_path, monkeypatch):
    write(tmp_path / "c0ffee/data/train.parquet")
    asked = []

    def download(*given, **options):
        asked.append((given, options))
        return str(tmp_path / "c0ffee")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    (file,) = find(["hf://datasets/me/faces@v1"], LeftOut())
    assert file.source == "hf://datasets/me/faces@c0ffee/data/train.parquet"
    assert asked == [(("me/faces",), {"repo_type": "dataset", "revision": "v1"})]


def test_a_data_set_that_the_hub_does_not_have_is_said(loopback):
    with pytest.raises(fer.FerError, match="me/faces"):
        list(find(["hf://datasets/me/faces"], LeftOut()))


def shown(found) -> list[tuple[str | None, object]]:
    return [
        (one.item, str(one.picture) if isinstance(one.picture, Exception) else one.picture)
        for one in found
    ]


def test_a_mixed_zip_gives_its_photos_and_names_what_must_be_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("one.jpg", "in/two.png", "read.me", "in/more.zip", "../film.mp4", "three"):
            archive.writestr(name, name)
    file = File("zip", str(tmp_path / "a.zip"), "a.zip")
    expected = [
        ("one.jpg", b"one.jpg"),
        ("in/two.png", b"in/two.png"),
        ("in/more.zip", "This is a zip inside a zip: unpack the outer zip first."),
        ("film.mp4", "This is a film inside a zip: unpack the outer zip first."),
        ("three", b"three"),
    ]
    assert shown(items(file, 1)) == expected
    assert shown(items(file, 1, skip=3)) == expected[3:]
    assert count(file, 1) == 5


STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PICTURES = [b"0", b"1", None]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"image": pa.array(PICTURES, pa.binary())}, [b"0", b"1"]),
        ({"id": pa.array([1, 2, 3]), "jpg": pa.array(PICTURES, pa.large_binary())}, [b"0", b"1"]),
        (
            {
                "mask": pa.array(PICTURES, pa.binary()),
                "image": pa.array([{"bytes": b"x"}, {"path": "p.jpg"}, None], STRUCT),
            },
            [b"x", b"in a file"],
        ),
    ],
    ids=["bytes", "any name", "struct"],
)
def test_a_column_of_images_is_found(tmp_path, columns, expected):
    write(tmp_path / "p.jpg", b"in a file")
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=2)
    file = File("parquet", str(tmp_path / "a.parquet"), "a.parquet")
    whole = [*enumerate(expected), (2, "The row has no image: leave it out.")]
    for skip in range(4):
        rows = [(str(row), picture) for row, picture in whole[skip:]]
        assert shown(items(file, 1, skip)) == rows
    assert count(file, 1) == 3


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"label": [1], "name": ["a"]}, r"no column of images \(its columns: label, name\)"),
        ({"a": [b""], "b": [b""], "c": [1]}, r"several columns that may be images \(a, b\)"),
        (None, "damaged or cannot be read"),
    ],
)
def test_a_parquet_without_one_names_its_columns(tmp_path, columns, sentence):
    path = write(tmp_path / "a.parquet", b"PAR1")
    if columns:
        pq.write_table(pa.table(columns), path)
    file = File("parquet", str(path), "a.parquet")
    with pytest.raises(fer.FerError, match=sentence):
        count(file, 1)
    (item,) = items(file, 1)
    assert item.last
    assert isinstance(item.picture, fer.FerError)


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("a", "a"),
        ("a/2.jpg", "a"),
        ("list.txt", "a"),
        ("gone.txt", None),  # what is in a folder that never was is a bad photo
    ],
)
def test_it_is_known_which_folder_must_stay(here, name, root):
    write(here / "gone.txt", b"never/was.jpg")
    assert next(find([name], LeftOut())).root == root


@pytest.mark.parametrize("kind", ["photo", "zip", "parquet", "film"])
def test_a_drive_that_is_gone_ends_the_run_where_a_missing_file_does_not(tmp_path, kind):
    other = write(tmp_path / "drive" / "other.jpg")
    file = File(kind, str(tmp_path / "drive" / "x"), "x", root=str(tmp_path / "drive"))
    (item,) = items(file, 1)
    assert isinstance(item, Item)
    assert isinstance(item.picture, fer.FerError)
    other.unlink()
    with pytest.raises(Vanished, match="no longer there or empty: bring it back"):
        list(items(file, 1))
