"""Ray's workers give the rows that one process gives, also when one of them is killed."""

import importlib
import json
import os

import psutil
import pytest

import fer
from fer.bulk import cluster
from fer.bulk.cluster import Cluster, joined
from fer.bulk.fatal import Begun
from fer.bulk.inputs import File
from fer.bulk.run import Job, recognize
from fer.bulk.spans import pieces
from fer.cli import main


@pytest.mark.alone
def test_a_killed_worker_loses_nothing_and_either_way_carries_on(
    fast, mixed, tmp_path, monkeypatch
):
    alone, shared = tmp_path / "alone.jsonl", tmp_path / "shared.jsonl"
    recognize(Job([str(mixed)], alone), fast)
    monkeypatch.setattr(cluster, "PIECE", 2)
    monkeypatch.setattr("fer.bulk.run.PART", 3)
    killed = []

    def stop(done, total):
        if done == 2 * 3 + 1:
            raise KeyboardInterrupt

    def kill(done, total):
        if not killed:
            killed.append(workers()[0])
            killed[0].kill()
        stop(done, total)

    with joined(None) as found, pytest.raises(KeyboardInterrupt):
        recognize(Job([str(mixed)], shared), fast, kill, found)
    assert len(list(tmp_path.glob("*.parts/part-*"))) == 2
    recognize(Job([str(mixed)], shared), fast)
    one, other = (list(map(json.loads, out.read_text().splitlines())) for out in (alone, shared))
    assert [words(row) for row in one] == [words(row) for row in other]
    assert [numbers(row) for row in one] == [pytest.approx(numbers(row), abs=1e-5) for row in other]
    assert len(killed) == 1


@pytest.mark.alone
def test_a_picture_at_which_workers_die_becomes_an_error(fast, mixed, tmp_path, monkeypatch):
    alone, shared = tmp_path / "alone.jsonl", tmp_path / "shared.jsonl"
    inputs = [str(mixed / name) for name in ("a.jpg", "bad.jpg", "below")]
    recognize(Job(inputs, alone), fast)

    class Mortal(cluster._Worker):
        """Defined here, it is sent to the workers as it is."""

        def __init__(self, *given):
            super().__init__(*given)
            module = importlib.import_module("fer.bulk.answers")
            read = module.open_image
            module.open_image = lambda data: os._exit(1) if data == b"no photo" else read(data)

    monkeypatch.setattr(cluster, "_Worker", Mortal)
    with joined(None) as found:
        recognize(Job(inputs, shared), fast, cluster=found)
    one, other = (list(map(json.loads, out.read_text().splitlines())) for out in (alone, shared))
    failed = other.pop(1)
    assert failed["source"] == one.pop(1)["source"] == inputs[1]
    assert failed["error"].startswith("Reading the photo ended the process")
    assert [words(row) for row in one] == [words(row) for row in other]


def workers() -> list[psutil.Process]:
    """The processes that answer."""
    own = psutil.Process().children(recursive=True)
    return [one for one in own if "MapWorker" in " ".join(one.cmdline())]


def numbers(row: dict) -> dict:
    return {name: value for name, value in row.items() if isinstance(value, float)}


def words(row: dict) -> dict:
    return {name: value for name, value in row.items() if not isinstance(value, float)}


@pytest.mark.parametrize(
    ("files", "expected"),  # kind, items to skip, pictures; line, items to skip, at most
    [
        (
            [("photo", 0, 1)] * 5,
            [[(0, 0, None), (1, 0, None)], [(2, 0, None), (3, 0, None)], [(4, 0, None)]],
        ),
        ([("zip", 0, 5)], [[(0, 0, 2)], [(0, 2, 2)], [(0, 4, None)]]),
        ([("zip", 3, 5)], [[(0, 3, None)]]),
        ([("zip", 5, 5)], [[(0, 5, None)]]),  # it may have an end to be said
        ([("photo", 0, 1), ("parquet", 0, 3)], [[(0, 0, None), (1, 0, 2)], [(1, 2, None)]]),
        ([("film", 7, 900), ("photo", 0, 1)], [[(0, 7, None)], [(1, 0, None)]]),
    ],
)
def test_files_are_divided_and_gathered(files, expected):
    given = [
        (line, File(kind, "a", "a"), skip, count) for line, (kind, skip, count) in enumerate(files)
    ]
    found = list(pieces(given, 2))
    assert [[(one.line, one.skip, one.most) for one in piece] for piece in found] == expected


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ([{"CPU": 2.0}], Cluster(2, 1, False)),
        ([{"CPU": 8.0}, {"CPU": 64.0}, {}], Cluster(72, 1, False)),
        ([{"CPU": 64.0}, {"CPU": 12.0, "GPU": 1.0}], Cluster(1, 12, True)),
        ([{"CPU": 8.0, "GPU": 4.0}, {"CPU": 16.0, "GPU": 1.0}], Cluster(5, 2, True)),
    ],
)
def test_a_worker_has_a_core_or_a_gpu_with_its_share_of_cores(machines, expected):
    assert cluster._workers(machines) == expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "ray", "--address", "ray://there:10001"], "The plan of a run is read where"),
        (["--engine", "ray", "--address", "auto"], "No Ray cluster answers at auto ("),
        (["--address", "auto"], "--address is of a Ray cluster: add --engine ray"),
    ],
)
def test_what_it_says(mixed, tmp_path, capsys, arguments, said):
    out = str(tmp_path / "out.csv")
    try:
        code = main(["batch", str(mixed), "--out", out, "--model", "fast", *arguments])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_worker_with_another_model_is_named(fast):
    model = cluster._model(fast)
    assert model.name == "fast"
    task = cluster._Task(cluster.replace(model, revision="0" * 64), "openvino", 0.2, False)
    (told,) = cluster._Worker(task, Begun())({})
    assert isinstance(told["told"][0], fer.FerError)
    assert "install the same on all machines" in str(told["told"][0])
