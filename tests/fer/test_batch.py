"""Many photos at once: good and bad files, zips, and what hostile zips try."""

import os
import shutil
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from generated import MEMBER

import fer
from fer import batch


@pytest.fixture(scope="module")
def recognizer() -> fer.Recognizer:
    return fer.load(MEMBER)


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_bad_file_spoils_only_itself(recognizer, portrait, tmp_path):
    photo = portrait.read_bytes()
    packed = write_zip(
        tmp_path / "some.zip",
        {
            "deep/one.jpg": photo,
            "../../outside.jpg": photo,  # a name and never a place
            "/etc/absolute.jpg": photo,
            "text.jpg": b"no photo",
            "inner.zip": b"PK\x05\x06" + bytes(18),
            "__MACOSX/._one.jpg": b"what macOS adds",
        },
    )
    before = sorted(tmp_path.rglob("*"))
    results = batch.recognize([packed, portrait], recognizer)
    frame = results.to_frame()
    names = ["deep/one.jpg", "outside.jpg", "etc/absolute.jpg", portrait.name]
    assert frame["file"].tolist() == names
    assert set(frame["emotion"]) == {"happiness"}
    assert set(frame["levels_5"]) == {"very positive"}
    assert [name for name, _ in results.problems] == ["text.jpg", "inner.zip"]
    assert sorted(tmp_path.rglob("*")) == before, "nothing is unpacked onto the disk"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("plain.jpg", "plain.jpg"),
        ("=1+1.jpg", "'=1+1.jpg"),
        ("@sum.jpg", "'@sum.jpg"),
        ("-2.jpg", "'-2.jpg"),
        ("+3.jpg", "'+3.jpg"),
        ("a=b.jpg", "a=b.jpg"),
        (os.fsdecode(b"caf\xe9.jpg"), "caf?.jpg"),
    ],
)
def test_a_file_name_is_text_in_every_table(recognizer, portrait, tmp_path, name, cell):
    results = batch.recognize([Path(shutil.copy(portrait, tmp_path / name))], recognizer)
    assert results.to_csv().encode().splitlines()[1].decode().split(",")[0] == cell
    assert results.to_frame()["file"].tolist() == [cell.lstrip("'")]
    results.to_frame().to_parquet(tmp_path / "faces.parquet")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to("nowhere"), "does not exist"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.open("wb").truncate(60_000_000), "more than 50 MB"),
    ],
    ids=["missing", "folder", "dangling link", "pipe", "empty", "large"],
)
def test_what_is_no_photo_is_one_bad_file(recognizer, portrait, tmp_path, make, problem):
    make(tmp_path / "bad.jpg")
    results = batch.recognize([tmp_path / "bad.jpg", str(portrait)], recognizer)
    assert results.to_frame()["file"].tolist() == [portrait.name]
    ((name, sentence),) = results.problems
    assert name == "bad.jpg"
    assert problem in sentence


@pytest.fixture
def zips(tmp_path, monkeypatch):
    """Here, with two zips whose photos are called alike."""
    monkeypatch.chdir(tmp_path)
    for name in ("one.zip", "two.zip"):
        write_zip(tmp_path / name, {"in/1.jpg": b""})
    return tmp_path


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a/1.jpg", "b/1.jpg"], ["a/1.jpg", "b/1.jpg"]),
        (["a/1.jpg", "b/1.jpg", "b/2.jpg"], ["a/1.jpg", "b/1.jpg", "2.jpg"]),
        (["1.jpg", "a/1.jpg"], ["1.jpg", "a/1.jpg"]),
        (["x/a/1.jpg", "y/a/1.jpg", "b/1.jpg"], ["x/a/1.jpg", "y/a/1.jpg", "b/1.jpg"]),
        (["a/1.jpg", "a/1.jpg"], ["1.jpg", "1.jpg"]),
        (["one.zip", "two.zip"], ["one.zip/in/1.jpg", "two.zip/in/1.jpg"]),
        (["one.zip", "a/1.jpg"], ["in/1.jpg", "1.jpg"]),
        (["one.zip", "in/1.jpg", "b/1.jpg"], ["one.zip/in/1.jpg", "in/1.jpg", "b/1.jpg"]),
    ],
)
def test_photos_of_one_name_are_told_apart(zips, files, names):
    assert [name for name, _ in batch.gather(files)] == names


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["x/1.jpg", "y/1.jpg", "z/1.jpg"], ["1.jpg", "1.jpg (2)", "1.jpg (3)"]),
        (["one.zip", "two.zip"], ["one.zip/in/1.jpg", "two.zip/in/1.jpg"]),
        (["x/2.jpg", "one.zip", "y/1.jpg"], ["2.jpg", "in/1.jpg", "1.jpg"]),
    ],
)
def test_of_uploads_no_folder_of_the_server_is_told(zips, files, names):
    paths = [zips / file for file in files]
    assert [name for name, _ in batch.gather(paths, folders=False)] == names


def test_several_photos_are_read_together(recognizer, portrait):
    together = []

    def read(photos, places):
        together.append(len(photos))
        return recognizer.read(photos, places)

    photos = batch.gather([portrait] * (batch.PHOTOS_AT_ONCE + 1))
    done = list(batch.read_all(photos, recognizer, batch.Results(), read))
    assert together == [batch.PHOTOS_AT_ONCE, 1]
    assert done == [batch.PHOTOS_AT_ONCE, batch.PHOTOS_AT_ONCE + 1]


def lying_zip(path: Path) -> Path:
    """A zip that says 1 byte of what unpacks to 60 MB."""
    write_zip(path, {"bomb.jpg": bytes(60_000_000)})
    data = path.read_bytes()
    path.write_bytes(data.replace((60_000_000).to_bytes(4, "little"), (1).to_bytes(4, "little")))
    return path


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: write_zip(path, {"bomb.jpg": bytes(60_000_000)}), "more than 50 MB"),
        (lying_zip, "cannot be unpacked"),
    ],
    ids=["large", "lying"],
)
def test_a_bomb_in_a_zip_is_one_bad_file(recognizer, tmp_path, make, problem):
    results = batch.recognize([make(tmp_path / "bomb.zip")], recognizer)
    ((name, sentence),) = results.problems
    assert name == "bomb.jpg"
    assert problem in sentence


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: write_zip(path, {f"{i}.jpg": b"" for i in range(500)}), "more than 200"),
        (lambda path: write_zip(path, {}), "no files"),
        (lambda path: write_zip(path, {f"{i}": bytes(49_000_000) for i in range(21)}), "1 GB"),
    ],
    ids=["500 files", "none", "bomb of many"],
)
def test_a_zip_as_a_whole_can_be_refused(recognizer, tmp_path, make, sentence):
    with pytest.raises(fer.FerError, match=sentence):
        batch.recognize([make(tmp_path / "photos.zip")], recognizer)


def with_count(path: Path, count: int) -> Path:
    """A zip whose list of files is as long as that of so many."""
    write_zip(path, {"photo.jpg": b""})
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 0xFFFF, 0xFFFF, count * len(entry))
    path.write_bytes(data[:start] + entry * count + bytes(tail))
    return path


def of_version(path: Path) -> Path:
    """A zip that asks for a version that does not exist."""
    write_zip(path, {"photo.jpg": b""})
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 6, 99)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: with_count(path, 400_000), "more than 200 files"),
        (of_version, "damaged: make it again"),
    ],
)
def test_a_zips_list_of_files_is_not_believed(tmp_path, make, sentence):
    path = make(tmp_path / "photos.zip")
    tracemalloc.start()
    with pytest.raises(fer.FerError, match=sentence):
        batch.gather([path])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_usual_packing_is_unpacked(recognizer, tmp_path, packing):
    """Of the others Python does not bound what it unpacks at once."""
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("bomb.jpg", bytes(100_000_000))
    data = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(signature) + place, 1)
    path.write_bytes(data)
    tracemalloc.start()
    results = batch.recognize([path], recognizer)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert results.problems == [
        ("bomb.jpg", "The photo is packed in an unusual way: make the zip again.")
    ]
    assert most < 20_000_000


def test_500_single_files_are_refused(recognizer, portrait):
    with pytest.raises(fer.FerError, match="more than 200"):
        batch.recognize([portrait] * 500, recognizer)
