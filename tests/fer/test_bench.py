"""`fer bench`: what it measures, on a clock that a test winds, and which limits it holds."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import pytest
from serving import ROOT

import fer
from fer.bench import app, busy, clock, environment, limits, photos, processes, records, steps
from fer.bench.command import main
from fer.bench.limits import LIMITS, Limit, Verdict, verdicts
from fer.bench.plan import Plan
from fer.bench.records import Machine, Measurement, Outcome, Record, Skipped, measurement
from fer.bench.report import figure, outcome, table
from fer.errors import DataError, FerError

SMALLEST = Plan(1, 1, 0.0, (photos.SMALL,), (1, 8), 1)
MACHINE = Machine("a processor", 2, 8.0, "Linux x86_64")


def record(*outcomes: Outcome) -> Record:
    about = ("2026-11-25", "1.0.0", None, "a model", "an engine", "fp32", False, MACHINE)
    measured = [one for one in outcomes if isinstance(one, Measurement)]
    skipped = [one for one in outcomes if isinstance(one, Skipped)]
    return Record(*about, {"python": "3.11.7"}, measured, skipped)


# The photos


@pytest.fixture(scope="module")
def recognizer() -> fer.Recognizer:
    return fer.load()


@pytest.mark.parametrize("faces", [1, 10])
def test_a_photo_has_a_face_in_each_of_its_tiles_and_no_other(recognizer, faces):
    photo = photos.compose(photos.SIZES[photos.SMALL], faces)
    assert (photo.picture.size, photo.faces) == ((1280, 720), faces)
    boxes = [face.box for face in recognizer.detector(photo.picture)]
    middles = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]
    inside = [
        sum(x0 < x < x1 and y0 < y < y1 for x, y in middles) for x0, y0, x1, y1 in photo.tiles
    ]
    assert (inside, len(boxes)) == ([1] * faces, faces)


def test_photos_are_always_the_same():
    one, other = (photos.compose((320, 240), 10).jpeg() for _ in range(2))
    assert one == other


# The clock


@pytest.mark.parametrize(
    ("takes", "least", "seconds", "runs"),
    [
        (0.5, 3, 0, 3),  # slow: as many as it needs at least
        (0.5, 3, 4, 8),  # quick: as many as there is time for
        (9.0, 3, 4, 3),
    ],
)
def test_a_call_is_repeated_until_it_is_known_well_enough(monkeypatch, takes, least, seconds, runs):
    now, calls = 0.0, 0

    def call() -> None:
        nonlocal now, calls
        now, calls = now + takes, calls + 1

    monkeypatch.setattr(clock, "perf_counter", lambda: now)
    assert clock.repeated(call, replace(SMALLEST, least=least, seconds=seconds)) == [takes] * runs
    assert calls == runs + 1, "the first is not counted"


# The whole command


def test_every_limit_is_about_something_that_is_measured(monkeypatch, recognizer, tmp_path, capsys):
    """All of it but the waiting: every call is made twice, and every process is left out."""

    def one_millisecond(call: Callable[[], object]) -> float:
        call()
        return 0.001

    commands: list[list[str]] = []
    monkeypatch.setattr(fer, "load", lambda precision="fp32": recognizer)
    monkeypatch.setattr(clock, "seconds", one_millisecond)
    monkeypatch.setattr(processes, "_run", commands.append)
    monkeypatch.setattr(steps, "QUICK", SMALLEST)
    monkeypatch.setattr(app, "_first_answer", lambda photo: (1.0, 100.0))
    monkeypatch.setattr(busy, "busy_processes", lambda count: nullcontext())
    monkeypatch.setattr(busy, "_share", lambda plan: 0.5)
    monkeypatch.setattr(environment, "_is_of_make_demo", lambda folder: True)
    monkeypatch.setattr(environment, "size_mb", lambda folder: 100.0)
    path = tmp_path / "record.json"
    assert main(["--quick", "--check", "--json", str(path)]) == 0
    found = records.read(path)
    unmeasured = {one.limit.what: one.reason for one in verdicts(found) if one.figure is None}
    assert set(unmeasured) == {limit.what for limit in LIMITS if "bf16" in limit.what}
    assert set(unmeasured.values()) == {"This CPU has no instructions for bf16."}
    said = capsys.readouterr().out
    assert "✓ import fer: 0.001 s, reached (≤ 0.250 s)\n" in said
    assert f"✓ {photos.SMALL}, found of 10 faces: 10 faces, reached (≥ 10 faces)\n" in said
    assert said.endswith("No limit is missed.\n")
    assert [sys.executable, "-m", "fer", "bench", "--help"] in commands
    assert [sys.executable, "-m", "train.evaluate", "--help"] in commands


@pytest.mark.parametrize(
    ("arguments", "code", "end"),
    [
        (["--check"], 1, "✗ memory: 3 MB, missed (≤ 2 MB)\n\n1 of 1 limits missed.\n"),
        ([], 0, "\n"),
    ],
)
def test_a_missed_limit_is_said_and_is_the_exit_code(monkeypatch, capsys, arguments, code, end):
    monkeypatch.setattr(limits, "LIMITS", (Limit("memory", 2),))
    found = record(measurement("App", "memory", [3], "MB"))
    monkeypatch.setattr(steps, "measure", lambda quick, watched: found)
    assert main(arguments) == code
    assert capsys.readouterr().out == f"{table(found)}\n{end.lstrip() if not code else end}"


@pytest.mark.parametrize(
    ("bound", "at_least", "values", "missed"),
    [
        (2, False, [1], False),
        (2, False, [2], False),
        (2, False, [3], True),
        (2, True, [1], True),
        (2, True, [2], False),
        (2, False, [1, 3], True),  # the worst counts
        (2, True, [1, 3], True),
        (2, False, [], True),  # forgotten
    ],
)
def test_a_limit_is_missed_beyond_its_bound(monkeypatch, bound, at_least, values, missed):
    monkeypatch.setattr(limits, "LIMITS", (Limit("* of a photo", bound, at_least),))
    figures = [measurement("", f"{i} of a photo", [value], "s") for i, value in enumerate(values)]
    (verdict,) = verdicts(record(*figures, measurement("", "other", [9], "s")))
    assert verdict.missed == missed


def test_what_cannot_be_measured_here_is_no_miss(monkeypatch):
    monkeypatch.setattr(limits, "LIMITS", (Limit("memory", 2),))
    (verdict,) = verdicts(record(Skipped("", "memory", "The app is not installed.")))
    assert not verdict.missed
    assert outcome([verdict]) == "– memory: The app is not installed.\n\nNo limit is missed."


def test_a_forgotten_limit_is_said():
    said = outcome([Verdict(Limit("memory", 2), None)])
    assert said == "✗ memory: It was not measured.\n\n1 of 1 limits missed."


# Its processes


def test_the_commands_of_a_clone_are_measured_too():
    commands = processes.clone_commands(ROOT)
    assert {"train.train", "train.ddamfn", "benchmarks.peers", "model_cards"} <= set(commands)
    assert not [name for name in commands if "__" in name]


def test_an_installed_package_has_no_others(tmp_path):
    assert processes.clone_commands(tmp_path) == []


def test_a_command_that_fails_is_a_sentence():
    with pytest.raises(FerError, match=r"-c import nothing_here failed: ModuleNotFoundError: No"):
        processes._run([sys.executable, "-c", "import nothing_here"])


def test_processes_keep_what_they_compile_and_have_the_bundled_model(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("FER_MODEL", "another")
    monkeypatch.setenv("HOME", "kept")
    found = processes.environment()
    assert found["HOME"] == "kept"
    assert not {"PYTHONDONTWRITEBYTECODE", "FER_MODEL"} & found.keys()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("app.py", "run fer bench from a clone"), ("gradio", r"pip install '\.\[app\]'")],
)
def test_without_the_app_its_figures_are_skipped(monkeypatch, tmp_path, missing, sentence):
    if missing == "app.py":
        monkeypatch.setattr(app, "ROOT", tmp_path)
    else:
        monkeypatch.setattr(app, "find_spec", lambda name: None)
    found = list(app.app(tmp_path / "photo.jpg", SMALLEST))
    assert [one.what for one in found] == [app.START, app.MEMORY]
    assert all(isinstance(one, Skipped) and re.search(sentence, one.reason) for one in found)


def test_an_app_that_does_not_start_is_a_sentence(monkeypatch, tmp_path):
    (tmp_path / "app.py").write_text("raise SystemExit('The demo cannot start.')")
    monkeypatch.setattr(app, "ROOT", tmp_path)
    with pytest.raises(FerError, match=r"python app\.py did not start: The demo cannot start\."):
        app._first_answer(tmp_path / "photo.jpg")


def test_busy_processes_compute_and_end_with_the_block(monkeypatch):
    started: list[subprocess.Popen] = []

    class Kept(subprocess.Popen):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Kept)
    with busy.busy_processes(2):
        assert [process.poll() for process in started] == [None, None]
        assert 0 < busy._share(replace(SMALLEST, seconds=0.1)) <= 1.1
    assert None not in [process.poll() for process in started]


# Records and tables


def test_a_record_reads_as_it_was_written(tmp_path):
    written = record(measurement("a", "b", [3, 1, 2], "ms"), Skipped("c", "d", "It is not here."))
    records.write(tmp_path / "record.json", written)
    assert records.read(tmp_path / "record.json") == written
    assert json.loads((tmp_path / "record.json").read_text())["machine"]["cores"] == 2


@pytest.mark.parametrize(
    ("values", "median", "low", "high"),
    [([5], 5, 5, 5), ([1, 3], 2, 1.5, 2.5), ([5, 1, 4, 2, 3], 3, 2, 4)],
)
def test_a_figure_is_the_median_with_the_middle_half_of_its_runs(values, median, low, high):
    found = measurement("", "", values, "ms")
    assert (found.median, found.low, found.high, found.runs) == (median, low, high, len(values))


@pytest.mark.parametrize("content", [None, "{}", "[1"])
def test_what_is_no_record_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "record.json").write_text(content)
    with pytest.raises(DataError, match=r"is no record of fer bench: write it anew"):
        records.read(tmp_path / "record.json")


def test_a_record_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(DataError, match=r"cannot be written .*: choose another"):
        records.write(tmp_path / "nowhere" / "record.json", record())


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0416, "s", "0.042 s"),
        (9.04, "s", "9.04 s"),
        (13.25, "ms", "13.2 ms"),
        (3055.6, "ms", "3,056 ms"),
        (10, "faces", "10 faces"),
        (0, "MB", "0 MB"),
        (1.987, "×", "1.99×"),
    ],
)
def test_a_figure_has_three_digits_and_its_unit(value, unit, text):
    assert figure(value, unit) == text


def test_a_table_says_where_it_was_measured_and_every_figure():
    figures = (measurement("Start", "import", [1, 2, 3], "s"), Skipped("App", "memory", "No app."))
    lines = table(record(*figures)).splitlines()
    assert lines[0] == "fer 1.0.0, 2026-11-25"
    assert lines[1] == "a processor, 2 cores, 8 GB, Linux x86_64"
    assert lines[2] == "a model by an engine in fp32; python 3.11.7"
    (row,) = [line.split() for line in lines if "import" in line]
    assert row == ["import", "2", "s", "1.50", "s", "–", "2.50", "s", "3"]
    assert any(line.split() == ["memory", "–", "No", "app."] for line in lines)
