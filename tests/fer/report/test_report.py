"""`fer report`: what the page of a results file says, and what it needs nothing else for."""

import json
import re
from pathlib import Path

import pytest

from fer.bulk.run import Job, recognize
from fer.bulk.schema import COLUMNS, row
from fer.cli import main
from fer.labels import EMOTIONS
from fer.report.summary import FAILURES, OF_A_FILM, Film, Summary, summary


def face(emotion: str, p: float = 0.9, **values) -> dict:
    """A row of a face."""
    left = (1 - p) / 6
    shares = {one: p if one == emotion else left for one in EMOTIONS}
    known = {"source": "a.jpg", "image_sha256": "0", "face": 1, "quality": 1.0, "valence": 0.0}
    known |= {"levels_5": "neutral", "levels_3": "neutral"}
    return row(**known | shares | {"emotion": emotion, "sure": p >= 0.5} | values)


def line(**values) -> bytes:
    """A face of a results file, with other values."""
    return json.dumps(face("fear") | values).encode() + b"\n"


HEADS = ",".join(column.name for column in COLUMNS).encode() + b"\r\n"


def test_rows_are_counted():
    found = summary(
        [
            face("happiness"),
            face("happiness", 0.4, face=2),
            face("anger", source="b.jpg", valence=-1.0),
            face("anger", source="c.jpg", valence=1.0),
            row(source="d.jpg"),
            row(source="e.zip", item="in/f.jpg", error="It is damaged."),
        ]
    )
    counts = (found.pictures, found.faces, found.without, found.failed)
    assert counts == (5, 4, 1, 1)
    assert found.sure == {"happiness": 1, "anger": 2}
    assert found.unsure == {"happiness": 1}
    assert found.valences.tolist() == [1, *[0] * 9, 2, *[0] * 8, 1]
    assert found.failures == [("e.zip, in/f.jpg", "It is damaged.")]


def test_of_many_failures_the_first_are_listed():
    found = summary(row(source=f"{i}", error="It is damaged.") for i in range(FAILURES + 5))
    assert (found.failed, len(found.failures)) == (FAILURES + 5, FAILURES)


@pytest.mark.parametrize(
    ("faces", "first"),
    [
        ([{"p": 0.8}, {"p": 0.9}, {"p": 0.7}], ["1", "0", "2"]),
        ([{"p": 0.9, "quality": 0.1}, {"p": 0.6}], ["1", "0"]),
        ([{"p": 0.45}, {"p": 0.6, "quality": 0.1}], ["1", "0"]),
        ([{"p": 0.9, "image_sha256": "x"}, {"p": 0.9, "image_sha256": "x"}], ["0"]),
        (
            [{"seconds": i, "track": 1, "source": "f", "p": p} for i, p in enumerate((0.6, 0.8))],
            "f",
        ),
        (
            [{"seconds": i, "track": i, "source": "f"} for i in range(5)] + [{"p": 0.5}],
            [*["f"] * OF_A_FILM, "5"],
        ),
    ],
    ids=["probable", "to be seen", "sure", "twice", "the same face", "one film"],
)
def test_the_clearest_faces_come_first(faces, first):
    found = Summary()
    for i, values in enumerate(faces):
        found.add(face("fear", **{"source": str(i), "image_sha256": str(i)} | values))
    assert [one["source"] for one in found.clearest("fear")] == list(first)


def test_a_long_film_is_shown_in_few_steps():
    film = Film()
    for second in (0, 1, 10, 7199):
        film.add(face("fear", seconds=second + 0.4, track=1, valence=-1.0))
    length, steps = film.bins(120)
    assert length == 60
    assert {step: numbers[:2].tolist() for step, numbers in steps.items()} == {
        0: [3, -3],
        119: [1, -1],
    }


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_the_page_shows_it_all_and_needs_nothing_else(fast, mixed, tmp_path, capsys, kind):
    out = tmp_path / f"results.{kind}"
    recognize(Job([str(mixed)], out), fast)
    assert main(["report", str(out)]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == out.with_suffix(".html")
    html = page.read_text("utf-8")
    assert re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html) == [
        ("Pictures", "13"),
        ("Faces", "10"),
        ("Without a face", "1"),
        ("Failed", "2"),
    ]
    assert "face-resnet-ferplus" in html
    assert "film.mp4</h3>" in html
    assert "0:00 to 0:02; 1 followed face." in html
    assert html.count('<img src="data:image/jpeg;base64,') >= 3  # of photo, zip and film
    assert f"<strong>{mixed}/some.zip, in/two.jpg</strong>: The photo is not an image" in html
    assert "<script" not in html
    assert re.findall(r'(?:src|href)="(?!data:)', html) == []
    assert main(["report", str(out)]) == 0, "it may be written again"


def test_pictures_that_changed_are_left_out(fast, portrait, tmp_path):
    (tmp_path / "a.jpg").write_bytes(portrait.read_bytes())
    out = tmp_path / "results.jsonl"
    recognize(Job([str(tmp_path / "a.jpg")], out), fast)
    (tmp_path / "a.jpg").write_bytes(portrait.with_name("hopper.jpg").read_bytes())
    assert main(["report", str(out)]) == 0
    assert "The pictures are not where they were, or have changed." in (
        tmp_path / "results.html"
    ).read_text("utf-8")


def test_a_name_is_text(fast, portrait, tmp_path):
    name = "<b>&amp;.jpg"
    (tmp_path / name).write_bytes(portrait.read_bytes())
    recognize(Job([str(tmp_path / name)], tmp_path / "results.csv"), fast)
    main(["report", str(tmp_path / "results.csv")])
    html = (tmp_path / "results.html").read_text("utf-8")
    assert "&lt;b&gt;&amp;amp;.jpg" in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "none.csv does not exist: check the name and the folder."),
        ("none.parquet", None, "none.parquet does not exist: check the name and the folder."),
        ("a.txt", b"", "a.txt is no results file: name one that ends in .parquet, .csv, .jsonl"),
        ("a.csv", b"a,b\r\n1,2\r\n", "a.csv is not of fer batch: it has no column source"),
        ("a.jsonl", b'{"source": "a"}\n', "a.jsonl is not of fer batch: it has no column item"),
        ("a.jsonl", b"{", "a.jsonl is damaged: let fer batch make it again"),
        ("a.jsonl", b"[]\n", "a.jsonl is damaged"),
        ("a.parquet", b"rubbish", "a.parquet is damaged"),
        ("a.jsonl", b"[" * 100_000, "a.jsonl is damaged"),
        ("a.jsonl", b" " * 2_000_000, "a.jsonl is damaged"),
        ("a.jsonl", line(emotion="joy"), "a.jsonl is damaged"),
        ("a.jsonl", line(valence=None), "a.jsonl is damaged"),
        ("a.jsonl", line(valence=2), "a.jsonl is damaged"),
        ("a.jsonl", line(valence=float("nan")), "a.jsonl is damaged"),
        ("a.jsonl", line(fear="much"), "a.jsonl is damaged"),
        ("a.jsonl", line(source=None), "a.jsonl is damaged"),
        ("a.jsonl", line(sure=1), "a.jsonl is damaged"),
        ("a.jsonl", line(seconds=1e300), "a.jsonl is damaged"),
        ("a.csv", HEADS + b"a.jpg\r\n", "a.csv is damaged"),
        ("a.csv", HEADS + b'"a' + b"," * 40 + b"\r\n", "a.csv is damaged"),
    ],
)
def test_what_is_no_results_file_is_said(tmp_path, monkeypatch, capsys, name, content, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_bytes(content)
    assert main(["report", name]) == 2
    assert capsys.readouterr().err.startswith(said)
    assert not list(tmp_path.glob("*.html"))


def test_no_page_of_others_is_replaced(fast, mixed, tmp_path, capsys):
    out = tmp_path / "results.csv"
    recognize(Job([str(mixed / "a.jpg")], out), fast)
    (tmp_path / "results.html").write_text("mine")
    assert main(["report", str(out)]) == 2
    assert "exists and is no report" in capsys.readouterr().err
    assert (tmp_path / "results.html").read_text() == "mine"
