"""A run is killed, or has no room, at any moment: the same command gives the same results."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT

import fer
from fer.bulk import files, run
from fer.bulk.run import Job, recognize

PART = 3

# Kills itself before or after the nth time that a file gets its name.
KILLED = """
import os, signal, sys
from pathlib import Path
import fer
from fer.bulk import run

when, n, inputs, out = sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
run.PART = 3
replace, named = Path.replace, 0

def kill_at(path, target):
    global named
    named += path.is_relative_to(out.parent)
    if when == "before" and named == n:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(path, target)
    if when == "after" and named == n:
        os.kill(os.getpid(), signal.SIGKILL)

Path.replace = kill_at
run.recognize(run.Job([inputs], out), fer.load("fast"))
"""


# Ends without a word when it reads a picture.
MORTAL = """
import os, sys
from pathlib import Path
import fer
from fer.bulk import answers, run

fatal, inputs, out = sys.argv[1], sys.argv[2], Path(sys.argv[3])
run.PART, answers.FOUND_AHEAD = 3, 1
find = answers._find

def found(answer, **given):
    name = f"{Path(answer.item.source).name} {answer.item.item}"
    if name == fatal and not answer.done:
        os._exit(9)
    return find(answer, **given)

answers._find = found
run.recognize(run.Job([inputs], out), fer.load("fast"))
"""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(run, "PART", PART)


@pytest.fixture(scope="module")
def whole(fast, mixed, tmp_path_factory) -> bytes:
    """The results of a run that nothing stopped."""
    out = tmp_path_factory.mktemp("whole") / "results.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "PART", PART)
        outcome = recognize(Job([str(mixed)], out), fast)
    assert outcome.counts == {"pictures": 13, "faces": 10, "without": 1, "failed": 2}
    return out.read_bytes()


def test_a_killed_run_is_carried_on_and_has_each_input_once(fast, mixed, whole, tmp_path):
    out = tmp_path / "results.csv"
    moments = [  # before or after which of its files a process is killed, and parts there are then
        ("after", 1, 0),  # of the run's record; there is no plan yet
        ("before", 2, 0),  # the plan
        ("after", 3, 1),  # the first part
        ("before", 1, 1),
        ("after", 2, 3),  # in the film
        ("after", 2, 5),  # the last part
        ("before", 1, 5),  # the results
        ("after", 1, 5),
    ]
    for when, n, parts in moments:
        command = [sys.executable, "-c", KILLED, when, str(n), str(mixed), str(out)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(list(tmp_path.glob("*.parts/part-*"))) == parts
    recognize(Job([str(mixed)], out), fast)
    assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.csv", "results.csv.json"]


@pytest.mark.parametrize(
    ("fatal", "lost"),
    [
        ("some.zip in/one.jpg", 1),
        ("film.mp4 0.600", 3),  # and what comes after it
    ],
)
def test_a_picture_at_which_the_process_dies_becomes_an_error(
    fast, mixed, whole, tmp_path, fatal, lost
):
    out = tmp_path / "results.csv"
    command = [sys.executable, "-c", MORTAL, fatal, str(mixed), str(out)]
    codes = [subprocess.run(command, cwd=ROOT).returncode for _ in range(4)]
    assert codes == [9, 9, 9, 0]
    lines, before = (set(table.decode().splitlines()) for table in (out.read_bytes(), whole))
    (failed,) = lines - before
    assert "ended the process" in failed
    assert len(before - lines) == lost


@pytest.mark.parametrize("n", [2, 4, 8], ids=["plan", "part", "results"])
def test_a_full_disk_is_said_and_costs_nothing(fast, mixed, whole, tmp_path, monkeypatch, n):
    out, synced = tmp_path / "results.csv", []

    def sync(handle):
        synced.append(handle)
        if len(synced) == 2 * n - 1:  # each file, then its folder
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", sync)
        with pytest.raises(fer.FerError, match=r"No space left on device.*carries on"):
            recognize(Job([str(mixed)], out), fast)
    recognize(Job([str(mixed)], out), fast)
    assert out.read_bytes() == whole


def test_what_changed_meanwhile_is_not_in_it(fast, mixed, whole, tmp_path):
    """The inputs are what they were when the run began."""
    out, listed = tmp_path / "results.csv", tmp_path / "list.txt"
    listed.write_text(f"{mixed}\n")
    files_of_each_part = []

    def stop(done, total):
        if done > PART:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recognize(Job([str(listed)], out), fast, stop)
    files_of_each_part += tmp_path.glob("*.parts/part-*")
    assert len(files_of_each_part) == 1
    listed.write_text("another.jpg\n")
    recognize(Job([str(listed)], out), fast)
    assert out.read_bytes() == whole


def test_a_run_that_is_done_is_not_done_again(fast, mixed, tmp_path):
    out = tmp_path / "results.jsonl"
    job = Job([str(mixed / "a.jpg")], out)
    assert not recognize(job, fast).was_done
    before = out.stat()
    again = recognize(job, fast)
    assert again.was_done
    assert again.counts["faces"] == 1
    assert out.stat() == before
    out.unlink()
    assert not recognize(job, fast).was_done


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"every": 0.5}, "with every 0.2, and now it is 0.5"),
        ({"aligned": True}, "with aligned False, and now it is True"),
        ({"inputs": ["{}/a.jpg", "{}/empty.png"]}, "with inputs .*, and now it is"),
    ],
)
def test_another_command_for_the_same_results_is_refused(fast, mixed, tmp_path, change, sentence):
    out = tmp_path / "results.jsonl"
    given = {"inputs": ["{}/a.jpg"], "out": out}
    for finished in (False, True):
        if finished:
            recognize(_job(given, mixed), fast)
        else:
            with pytest.raises(KeyboardInterrupt):
                recognize(_job(given, mixed), fast, _stop)
        with pytest.raises(fer.FerError, match=sentence):
            recognize(_job(given | change, mixed), fast)


def test_another_model_for_the_same_results_is_refused(fast, mixed, tmp_path):
    job = Job([str(mixed / "a.jpg")], tmp_path / "results.jsonl")
    recognize(job, fast)
    record = tmp_path / "results.jsonl.json"
    changed = json.loads(record.read_text())
    changed["options"]["model_revision"] = "0" * 64
    record.write_text(json.dumps(changed))
    with pytest.raises(fer.FerError, match="with model_revision 0000"):
        recognize(job, fast)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("results.csv", "results.csv exists and is of no run"),
        ("results.csv.json", r"results.csv.json is of no run"),
    ],
)
def test_a_file_of_others_is_not_touched(fast, mixed, tmp_path, name, sentence):
    (tmp_path / name).write_text("{}")
    with pytest.raises(fer.FerError, match=sentence):
        recognize(Job([str(mixed)], tmp_path / "results.csv"), fast)
    assert (tmp_path / name).read_text() == "{}"


def test_a_second_process_is_refused(fast, mixed, tmp_path):
    job = Job([str(mixed / "a.jpg")], tmp_path / "new" / "results.csv")

    def second(done, total):
        with pytest.raises(
            fer.FerError, match=r"Another process is at work on .*results.csv: wait"
        ):
            recognize(job, fast)

    recognize(job, fast, second)
    assert sorted(path.name for path in job.out.parent.iterdir()) == [
        "results.csv",
        "results.csv.json",
    ]


def test_a_damaged_part_is_named(fast, mixed, tmp_path, whole):
    job = Job([str(mixed)], tmp_path / "results.csv")
    with pytest.raises(KeyboardInterrupt):
        recognize(job, fast, lambda done, _: done > 2 * PART and _stop())
    part = tmp_path / "results.csv.parts" / "part-000000.jsonl"
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(fer.FerError, match=r"part-000000.jsonl is damaged: delete it"):
        recognize(job, fast)
    part.unlink()
    recognize(job, fast)
    assert job.out.read_bytes() == whole


def _job(given, mixed: Path) -> Job:
    return Job(**given | {"inputs": [name.format(mixed) for name in given["inputs"]]})


def _stop(*_):
    raise KeyboardInterrupt
