"""`fer batch` as a whole: the tables it writes, what it says, and what it refuses at once."""

import csv
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from films import write_clip
from serving import ROOT

import fer
from fer.bulk.command import closing_line
from fer.bulk.inputs import LeftOut
from fer.bulk.run import Job, Outcome, recognize
from fer.bulk.schema import COLUMNS, NAME
from fer.cli import main

COUNTS = {"pictures": 13, "faces": 10, "without": 1, "failed": 2}


def read(out: Path) -> list[dict]:
    if out.suffix == ".parquet":
        return pq.read_table(out).to_pylist()
    if out.suffix == ".jsonl":
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    with out.open(newline="", encoding="utf-8") as lines:
        return [{k: v or None for k, v in one.items()} for one in csv.DictReader(lines)]


@pytest.fixture(scope="module")
def tables(fast, mixed, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tables")
    found = {}
    for kind in ("parquet", "csv", "jsonl"):
        found[kind] = folder / f"new/results.{kind}"
        outcome = recognize(Job([str(mixed)], found[kind]), fast)
        assert outcome.counts == COUNTS
        assert outcome.left_out.count == 1
    return found


def test_every_input_has_its_rows(tables, mixed):
    rows = read(tables["parquet"])
    names = [row["source"].removeprefix(f"{mixed}/") for row in rows if row["track"] is None]
    assert names == [
        *["a.jpg", "bad.jpg", "below/again.jpg", "below/b.jpg", "empty.png"],
        *["some.zip", "some.zip"],
    ]
    film = [row for row in rows if row["track"] is not None]
    assert [row["seconds"] for row in film] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0], abs=0.01)
    assert {row["track"] for row in film} == {1}
    assert [row["error"] is not None for row in rows if row["track"] is None] == [
        *[False, True, False, False, False],
        *[False, True],
    ]
    assert all(row["face"] == 1 for row in rows if row["emotion"])
    assert {row["version"] for row in rows} == {fer.__version__}
    assert {len(row["model_revision"]) for row in rows} == {64}


def test_the_three_kinds_of_files_say_the_same(tables):
    exact, plain, text = (read(tables[kind]) for kind in ("parquet", "jsonl", "csv"))
    assert plain == exact
    assert text == [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in exact
    ]


def test_a_row_says_what_a_single_photo_says(tables, fast, portrait):
    (face,), row = fast(portrait), read(tables["parquet"])[0]
    said = face.to_json()
    assert [row[emotion] for emotion in said["probabilities"]] == pytest.approx(
        list(said["probabilities"].values()), abs=1e-6
    )
    assert [row[f"box_{at}"] for at in ("x0", "y0", "x1", "y1")] == pytest.approx(
        said["box"], abs=0.06
    )
    assert (row["emotion"], row["sure"], row["score"]) == ("happiness", True, said["score"])
    assert (row["levels_5"], row["levels_3"]) == ("very positive", "positive")
    assert 0.3 < row["quality"] < 1


def test_the_schema_is_in_the_metadata_and_in_the_documentation(tables):
    about = json.loads(pq.read_schema(tables["parquet"]).metadata[b"fer"])
    assert about["schema"] == NAME
    assert about["options"]["model"] == "face-resnet-ferplus"
    names = [column["name"] for column in about["columns"]]
    assert names == pq.read_schema(tables["parquet"]).names == [one.name for one in COLUMNS]
    beside = json.loads(tables["csv"].with_name("results.csv.json").read_text("utf-8"))
    assert beside["columns"] == about["columns"]
    assert beside["done"] == COUNTS
    page = (ROOT / "fer" / "bulk" / "README.md").read_text("utf-8")
    assert NAME in page
    assert [name for name in names if f"`{name}`" not in page] == []


def test_no_name_is_a_formula_in_a_table_for_spreadsheets(fast, portrait, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("=1+1.jpg").write_bytes(portrait.read_bytes())
    recognize(Job(["=1+1.jpg"], Path("out.csv")), fast)
    assert read(Path("out.csv"))[0]["source"] == "'=1+1.jpg"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a.jpg"], 0, "new.csv: 1 face in 1 picture, 0 without a face, 0 failed; "),
        (["a.jpg", "bad.jpg"], 2, "new.csv: 1 face in 2 pictures, 0 without a face, 1 failed; "),
        (["empty.png"], 0, "new.csv: 0 faces in 1 picture, 1 without a face, 0 failed; "),
        (["nowhere"], 2, "nowhere does not exist: check the name and the folder."),
        (["notes"], 2, "There is nothing to read in notes: name photos, zips, parquet files, "),
        (["texts"], 2, "There is nothing to read in texts (files of other kinds: 1): name "),
        (["a.jpg", "--out", "out.xls"], 2, "out.xls is no kind of results: end it in .parquet, "),
        (["a.jpg", "--out", "a.jpg/out.csv"], 2, "a.jpg/out.csv cannot be written ("),
        (["bad.zip"], 2, "The zip “bad.zip” is damaged or cannot be read: make it again."),
        (["bad.mp4"], 2, "The clip “bad.mp4” is not a video that can be read"),
        (["bad.parquet"], 2, "The parquet file “bad.parquet” is damaged or cannot be read"),
        (["a.jpg", "bad.zip", "bad.mp4", "bad.parquet"], 2, "new.csv: 1 face in 4 pictures, 0 "),
        (["bad.*"], 2, "new.csv: 0 faces in 4 pictures, 0 without a face, 4 failed; "),
    ],
)
def test_what_it_says(mixed, tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "bad.jpg", "empty.png"):
        Path(name).write_bytes((mixed / name).read_bytes())
    for name in ("bad.zip", "bad.mp4", "bad.parquet"):
        Path(name).write_bytes(b"rubbish")
    Path("notes").mkdir()
    Path("texts").mkdir()
    Path("texts/read.me").touch()
    before = {path.name for path in Path().iterdir()}
    assert main(["batch", "--model", "fast", "--out", "new.csv", *arguments]) == code
    printed = capsys.readouterr()
    assert (printed.out or printed.err).startswith(said)
    if not printed.out:
        assert {path.name for path in Path().iterdir()} == before, "nothing is left behind"


def test_a_folder_that_cannot_be_read_is_a_row_among_the_others(
    fast, portrait, tmp_path, monkeypatch
):
    for name in ("a/1.jpg", "b/2.jpg", "c/3.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(portrait.read_bytes())
    real = os.listdir

    def listed(place):
        if Path(place).name == "b":  # a right that root would not lack
            raise PermissionError
        return real(place)

    monkeypatch.setattr("fer.bulk.inputs.os.listdir", listed)
    recognize(Job([str(tmp_path / "in")], tmp_path / "out.jsonl"), fast)
    rows = read(tmp_path / "out.jsonl")
    assert [row["source"].removeprefix(str(tmp_path)) for row in rows] == [
        *["/in/a/1.jpg", "/in/b", "/in/c/3.jpg"],
    ]
    assert [row["error"] for row in rows] == [
        *[None, "The folder cannot be read: check your permissions.", None],
    ]


def test_it_can_be_stopped(mixed, tmp_path, monkeypatch, capsys):
    arguments = ["batch", str(mixed), "--model", "fast", "--out", str(tmp_path / "results.csv")]

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("fer.bulk.command._Bar.__call__", stop)
        assert main(arguments) == 130
    assert capsys.readouterr().err == "Stopped: the same command carries on.\n"
    assert main(arguments) == 2
    assert "10 faces in 13 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("was_done", "read", "end"),
    [
        (False, 13, "2 failed; 6.5 pictures/s."),
        (False, 0, "2 failed."),  # carried on where only the table was to be written
        (True, 0, "2 failed. It was complete already; what is new since needs another --out."),
    ],
)
def test_the_closing_line_says_what_was_done_now(was_done, read, end):
    outcome = Outcome(COUNTS, LeftOut(), was_done)
    assert closing_line(Path("a.csv"), outcome, read, 2.0).endswith(f"1 without a face, {end}")


@pytest.mark.parametrize(
    ("inputs", "out"), [("a.jpg", "a.parquet"), ("t.parquet", "a.csv"), (".", "a.csv")]
)
def test_a_package_that_parquet_needs_is_named(mixed, tmp_path, monkeypatch, capsys, inputs, out):
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").write_bytes((mixed / "a.jpg").read_bytes())
    Path("t.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    assert main(["batch", inputs, "--model", "fast", "--out", out]) == 2
    assert "run pip install '.[parquet]'" in capsys.readouterr().err


def test_the_missing_end_of_a_film_is_said_after_what_could_be_read(fast, portrait, tmp_path):
    film = write_clip(tmp_path / "film.avi", portrait, 8, 240)
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    recognize(Job([str(film)], tmp_path / "out.jsonl", every=0.5), fast)
    *read_rows, last = read(tmp_path / "out.jsonl")
    assert len(read_rows) > 4
    assert [row["error"] for row in read_rows] == [None] * len(read_rows)
    assert "of 8 seconds: the rest is missing or damaged" in last["error"]
