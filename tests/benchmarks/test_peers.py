"""What is measured of others' tools and how it is told; the tools themselves are not installed."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from generated import write_split
from PIL import Image
from serving import ROOT

from benchmarks import comparison, environments, runner
from benchmarks.comparison import Peer, Task, accuracy, compare, photo_figures
from benchmarks.records import Accuracy, Comparison, PeerFigures, PhotoFigures, read
from benchmarks.report import draw, section, shows
from fer.bench.photos import Photo, compose
from fer.bench.records import Machine
from fer.data import load_split
from fer.errors import DataError, FerError
from fer.labels import EMOTIONS
from fer.models.files import write_json
from fer.models.records import Interval

LEFT, RIGHT = (0, 0, 10, 10), (20, 0, 30, 10)
ON_LEFT, ON_RIGHT, BESIDE = [1, 1, 9, 9], [22, 2, 28, 8], [12, 0, 16, 8]


@pytest.mark.parametrize(
    ("boxes", "found", "false_alarms"),
    [
        ([ON_LEFT, ON_RIGHT], 2, 0),
        ([ON_LEFT], 1, 0),
        ([], 0, 0),
        ([ON_LEFT, BESIDE], 1, 1),
        ([ON_LEFT, ON_LEFT], 1, 1),  # one face, twice
    ],
)
def test_a_face_is_found_by_one_box_in_its_tile(boxes, found, false_alarms):
    photo = Photo(compose((30, 10), 1).picture, (LEFT, RIGHT))
    figures = photo_figures(photo, boxes, [3.0, 1.0, 2.0])
    assert (figures.faces, figures.found, figures.false_alarms) == (2, found, false_alarms)
    assert (figures.low_ms, figures.median_ms, figures.high_ms) == (1.5, 2, 2.5)


def scored(best: str, **others: float) -> dict[str, float]:
    return dict.fromkeys(EMOTIONS, 0.0) | {best: 0.5} | others


@pytest.mark.parametrize(
    ("scores", "overall", "contempt"),
    [
        ([scored("happiness"), scored("fear")], 1.0, 0),
        ([scored("happiness"), scored("anger")], 0.5, 0),
        ([scored("happiness"), scored("fear", Contempt=0.9)], 1.0, 1),  # the next best counts
        ([scored("happiness"), scored("fear", contempt=0.1)], 1.0, 0),
    ],
)
def test_a_label_is_the_best_of_the_seven(scores, overall, contempt):
    found = accuracy(scores, np.array([EMOTIONS.index("happiness"), EMOTIONS.index("fear")]))
    assert (found.overall.value, found.contempt) == (overall, contempt)


NAMES = ("surprised", "Fear", "disgust", "happy", "sad", "angry", "neutral")


def test_names_of_expressions_are_known_by_their_spellings():
    rows = [{other: float(other == name) for other in NAMES} for name in NAMES]
    assert accuracy(rows, np.arange(len(EMOTIONS))).overall.value == 1


def test_other_expressions_are_refused():
    with pytest.raises(FerError, match=r"Its expressions are calm, angry, not the seven\."):
        accuracy([{"calm": 1.0, "angry": 0.0}], np.array([0]))


# The whole comparison, of stand-ins


class StandIn:
    """A tool that finds a face wherever it is told."""

    def photo(self, path, boxes):
        return boxes

    def faces(self, faces):
        return [dict.fromkeys(EMOTIONS, 1 / 7) for _ in faces]


def make_nothing(folder: Path, requirements: list[str] | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(bytes(2_000_000))
    if requirements == ["lost"]:
        raise environments.NotInstalled("No such package.")
    return Path(sys.executable)


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        comparison,
        "PEERS",
        (
            Peer("fer-toolkit", "this project", make_nothing),
            Peer("numpy", "was told where faces are", make_nothing),
            Peer("lost", "", partial(make_nothing, requirements=["lost"])),
            Peer("broken", "", make_nothing),
            Peer("theirs", ""),
        ),
    )
    monkeypatch.setitem(runner.PEERS, "numpy", StandIn)

    def run_here(task: Task, python: Path, peer: str, what: str):
        if peer == "broken":
            raise FerError("It broke.")
        answered = task.folder / "answered.json"
        runner.main(peer, what, str(task.asked), str(answered))
        return None if what == "once" else json.loads(answered.read_text())

    monkeypatch.setattr(Task, "run", run_here)
    monkeypatch.setattr(comparison, "RUNS", 1)
    monkeypatch.setattr(comparison, "COLD_RUNS", 1)
    monkeypatch.setattr(runner, "version", lambda package: "1.0")


@pytest.mark.usefixtures("stand_ins")
def test_every_peer_has_figures_or_a_reason(tmp_path):
    found = compare(tmp_path, None, {"theirs": None})
    ours, others, lost, broken, theirs = found.peers
    for peer in (ours, others):
        assert [(one.faces, one.found, one.false_alarms) for one in peer.photos] == [
            (1, 1, 0),
            (10, 10, 0),
        ]
        assert (peer.installed_mb, peer.version, peer.reason) == (2, "1.0", None)
        assert peer.memory_mb > 50
    assert (lost.reason, lost.photos) == ("No such package.", ())
    assert (broken.reason, broken.installed_mb) == ("It broke.", 2)
    assert theirs.reason == "Its weights come separately: give --theirs."
    assert (found.command, found.data) == ("python -m benchmarks.peers FOLDER", None)


@pytest.mark.usefixtures("stand_ins")
def test_the_faces_of_ferplus_are_labelled_too(tmp_path):
    write_split(tmp_path / "data" / "validation.parquet", 14)
    found = compare(tmp_path, tmp_path / "data", {"theirs": None})
    assert (found.data, found.n) == ("FER+ (validation)", 14)
    assert found.command == "python -m benchmarks.peers FOLDER --ferplus DIR"
    ours, others, *unmeasured = found.peers
    assert 0 <= ours.accuracy.overall.low <= ours.accuracy.overall.high <= 1
    assert others.accuracy.overall.value == pytest.approx(1 / 7)  # always the first expression
    assert [peer.accuracy for peer in unmeasured] == [None] * 3
    write_json(tmp_path / "peers.json", asdict(found))
    assert read(tmp_path / "peers.json") == found


def test_faces_of_several_sizes_are_refused(tmp_path):
    faces = load_split(images(tmp_path, [(48, 48), (50, 48)]), "validation")
    with pytest.raises(DataError, match=r"differ in size: give FER\+"):
        Task(tmp_path, [], faces)


def images(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    for emotion in EMOTIONS:
        for number, size in enumerate(sizes):
            path = folder / "validation" / emotion / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", size).save(path)
    return folder


# Processes and environments


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("raise SystemExit('Its weights are not there.')", r"^Its weights are not there\.$"),
        ("import nothing_here", "^ModuleNotFoundError: No module named 'nothing_here'$"),
        ("raise SystemExit(3)", r"^It ended without a word\.$"),
        (
            "import urllib.request as r; r.urlopen('http://localhost:1/weights')",
            "Connection refused",
        ),
    ],
)
def test_a_peer_that_cannot_says_so_in_its_last_line(monkeypatch, tmp_path, script, sentence):
    (tmp_path / "runner.py").write_text(script)
    monkeypatch.setattr(comparison, "RUNNER", tmp_path / "runner.py")
    with pytest.raises(FerError, match=sentence):
        Task(tmp_path, [], None).run(Path(sys.executable), "numpy", "photos")


def test_a_python_that_is_none_is_a_reason(tmp_path):
    with pytest.raises(FerError, match=r"^Its Python cannot be run: name that of an environment"):
        Task(tmp_path, [], None).run(tmp_path / "python", "numpy", "photos")


def test_a_folder_that_is_none_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot hold environments: choose another folder"):
        compare(tmp_path / "file" / "folder", None, {})


def test_a_peer_sees_nothing_of_ours_and_fetches_nothing(monkeypatch, tmp_path):
    (tmp_path / "runner.py").write_text(
        "import json, os, pathlib, sys\n"
        "pathlib.Path(sys.argv[4]).write_text(json.dumps([sys.path, os.environ['HTTPS_PROXY']]))"
    )
    monkeypatch.setenv("PYTHONPATH", "/a/path/of/ours")
    monkeypatch.setattr(comparison, "RUNNER", tmp_path / "runner.py")
    path, proxy = Task(tmp_path, [], None).run(Path(sys.executable), "numpy", "photos")
    assert not {"/a/path/of/ours", str(tmp_path)} & set(path)
    assert proxy == "http://127.0.0.1:9"


def test_what_cannot_be_installed_is_a_reason(tmp_path):
    with pytest.raises(environments.NotInstalled, match=r"\S"):
        environments.make(tmp_path / "made", [str(tmp_path / "lost")])
    assert (tmp_path / "made" / "bin" / "python").exists()


def test_a_runner_ends_where_weights_are_missing(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    runner.needs(tmp_path, "model.*")
    with pytest.raises(SystemExit, match=r"^Its weights, other\.onnx, are not where it looks"):
        runner.needs(tmp_path, "other.onnx")


def test_help_waits_for_nothing_heavy():
    heavy = "torch numpy scipy sklearn datasets huggingface_hub PIL matplotlib tqdm"
    code = f"import sys; sys.modules.update(dict.fromkeys({heavy.split()}))\n"
    code += "from benchmarks.peers import main; main(['--help'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "python -m benchmarks.peers" in done.stdout


# What is shown of it


def test_the_table_has_a_row_for_each_peer_with_figures_and_a_line_for_the_others():
    lines = section(COMPARISON)
    (row,) = [line for line in lines if line.startswith("| quick ")]
    assert row == "| quick 2.0 | 123 MB | 1.50 s | 20 ms | 90 ms | 9 | 1 | 300 MB |  |  |"
    assert "| ours 1.0 |" in "\n".join(lines)
    assert "50.0 (40.0–60.0) | 45.0 (30.0–61.0) |" in "\n".join(lines)
    assert "- quick is quick." in lines
    assert "- lost: No such package." in lines
    assert any("1,234 crops of FER+ (validation)" in line for line in lines)


def test_the_plot_is_known_by_its_figures(tmp_path):
    draw(COMPARISON, tmp_path / "plot.png")
    assert shows(tmp_path / "plot.png", COMPARISON)
    assert not shows(tmp_path / "plot.png", replace(COMPARISON, peers=COMPARISON.peers[:1]))


@pytest.mark.parametrize("content", [None, "{}", "[1"])
def test_what_is_no_comparison_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "peers.json").write_text(content)
    with pytest.raises(DataError, match=r"is no comparison of peers: make it anew"):
        read(tmp_path / "peers.json")


PHOTOS = (PhotoFigures(1, 1, 0, 20, 19, 21), PhotoFigures(10, 9, 1, 90, 89, 91))
ACCURACY = Accuracy(Interval(0.5, 0.4, 0.6), Interval(0.45, 0.3, 0.61), 0)
COMPARISON = Comparison(
    date="2026-11-25",
    commit="0123456789abcdef",
    command="python -m benchmarks.peers FOLDER",
    python="3.11.7",
    machine=Machine("a processor", 2, 8.0, "Linux x86_64"),
    data="FER+ (validation)",
    n=1234,
    peers=(
        PeerFigures("ours", "", None, "1.0", 10, 1, 0.5, 100, PHOTOS, ACCURACY),
        PeerFigures("quick", "is quick", None, "2.0", 123, 1.5, 1, 300, PHOTOS),
        PeerFigures("lost", "", "No such package."),
    ),
)
