"""Inputs in a store, as s3:// would be, give the rows of the same files on a drive."""

import builtins
import json
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import fer
from fer.bulk.inputs import LeftOut, find
from fer.bulk.items import items
from fer.bulk.run import Job, recognize
from fer.bulk.storage import Vanished, is_address


@pytest.fixture(scope="module")
def store(mixed, portrait, tmp_path_factory):
    """A store with the same files as a folder, besides a table of pictures; and that folder."""
    folder = tmp_path_factory.mktemp("local")
    for path in mixed.rglob("*.*"):
        if path.is_file():
            copy = folder / path.relative_to(mixed)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    pictures = [{"bytes": portrait.read_bytes()}, {"path": "a.jpg"}, {"path": "gone.jpg"}]
    pq.write_table(pa.table({"image": pictures}), folder / "table.parquet")
    files = fsspec.filesystem("memory")
    files.put(str(folder), "/faces", recursive=True)
    yield folder
    files.rm("/faces", recursive=True)


def rows(inputs: str, recognizer, out: Path) -> list[dict]:
    """In order, without what names the place."""
    recognize(Job([inputs], out), recognizer)
    found = list(map(json.loads, out.read_text("utf-8").splitlines()))
    for row in found:
        row["source"] = row["source"].removeprefix(inputs)
        row["error"] = row["error"] is not None
    return sorted(found, key=lambda row: (row["source"], row["item"] or "", row["face"] or 0))


def test_a_store_gives_the_rows_of_a_folder(store, fast, tmp_path):
    away = rows("memory:///faces", fast, tmp_path / "away.jsonl")
    here = rows(str(store), fast, tmp_path / "here.jsonl")
    assert len(away) == 16
    assert away == here
    record = json.loads((tmp_path / "away.jsonl.json").read_text())
    assert record["options"]["inputs"] == ["memory:///faces"]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("memory:///faces/below", ["again.jpg", "b.jpg"]),
        ("memory:///faces/a.jpg", ["a.jpg"]),
        ("memory:///faces/**/*.jpg", ["a.jpg", "again.jpg", "b.jpg", "bad.jpg"]),
        ("memory:///faces/*.p*", ["empty.png", "table.parquet"]),
    ],
)
def test_files_are_found(store, address, names):
    found = list(find([address], LeftOut()))
    assert sorted(Path(file.path).name for file in found) == names
    assert all(file.path == file.source for file in found)
    assert all(is_address(file.path) for file in found)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("memory://nowhere", "memory://nowhere does not exist: check the address."),
        ("nothing://there", "nothing://there is in no store that is known: "),
        ("s3://bucket/faces", "s3://bucket/faces needs a package more: "),
    ],
)
def test_what_cannot_be_found_is_said(address, said, monkeypatch):
    real = builtins.__import__

    def absent(name, *rest):
        if name.startswith("s3fs"):
            raise ImportError("No module named 's3fs'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(fer.FerError, match=f"^{said}"):
        list(find([address], LeftOut()))


@pytest.mark.parametrize("name", ["a.jpg", "some.zip", "film.mp4", "table.parquet"])
@pytest.mark.parametrize(
    ("error", "ends"), [(FileNotFoundError, False), (PermissionError, False), (OSError, True)]
)
def test_a_store_that_is_gone_ends_the_run_but_no_file_does(store, monkeypatch, name, error, ends):
    """Or a lost network would be a million bad photos."""
    (file,) = find([f"memory:///faces/{name}"], LeftOut())

    def fail(*_, **__):
        raise error

    for method in ("open", "info"):
        monkeypatch.setattr(MemoryFileSystem, method, fail)
    if ends:
        with pytest.raises(Vanished, match="does not answer"):
            list(items(file, 0.2))
    else:
        (item,) = items(file, 0.2)
        assert isinstance(item.picture, fer.FerError)


def test_a_store_that_goes_while_a_file_is_read_ends_the_run(store, monkeypatch):
    (file,) = find(["memory:///faces/some.zip"], LeftOut())
    found = items(file, 0.2)
    next(found)

    def fail(*_, **__):
        raise ConnectionError

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFile.read", fail, raising=False)
    monkeypatch.setattr(MemoryFileSystem, "info", fail)
    with pytest.raises(Vanished):
        list(found)
