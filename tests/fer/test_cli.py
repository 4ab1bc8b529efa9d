"""The `fer` command and the package's front door: light until an answer is needed, tidy at its end.

What the command answers is tested in test_recognizer.py, an import in models/test_upstream.py.
"""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from films import write_clip
from generated import MEMBER
from serving import ROOT

import fer
from fer.cli import main
from fer.models.bundled import BUNDLED, default_model


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["batch", "--help"],
        ["report", "--help"],
        ["import", "--help"],
        ["export", "--help"],
        ["bench", "--help"],
    ],
    ids=" ".join,
)
def test_help_waits_for_nothing_heavy(arguments):
    command = [sys.executable, "-X", "importtime", "-m", "fer", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.startswith("usage: fer ")
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert imported & {"argparse", "torch", "pandas", "PIL", "huggingface_hub"} == {"argparse"}


def test_it_ends_quietly_when_its_reader_has_had_enough(portrait):
    command = [sys.executable, "-m", "fer", "--json", *[str(portrait)] * 3]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline().startswith('{"image"')
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == -signal.SIGPIPE


@pytest.mark.parametrize(
    ("encoding", "name", "shown"),
    [
        ("utf-8", "Ünal ✓.jpg", "Ünal ✓.jpg: 1 face"),
        ("utf-8", os.fsdecode(b"caf\xe9.jpg"), "caf?.jpg: 1 face"),
        ("cp1252", "Ünal ✓ 顔.jpg", "Ünal ok ?.jpg: 1 face"),
        ("cp932", "Ünal 顔.jpg", "?nal 顔.jpg: 1 face"),
        ("ascii", "Ünal.jpg", "?nal.jpg: 1 face"),
    ],
)
def test_it_writes_what_the_output_can_show(portrait, tmp_path, encoding, name, shown):
    shutil.copy(portrait, tmp_path / name)
    command = [sys.executable, "-m", "fer", "--model", MEMBER, str(tmp_path / name), "gone.jpg"]
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert done.returncode == 2
    assert out.splitlines()[0].endswith(shown)
    assert ("█" if encoding == "utf-8" else "#") in out.splitlines()[2]
    quoted = "“gone.jpg”" if encoding != "ascii" else '"gone.jpg"'
    assert err == f"The photo {quoted} does not exist: check the name and the folder.\n"


@pytest.mark.parametrize(("before", "after"), [(None, "10000"), ("7", "7")])
def test_waiting_threads_soon_sleep_unless_the_user_says_otherwise(before, after):
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    environment |= {"GOMP_SPINCOUNT": before} if before else {}
    code = "import fer, os, sys; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.stdout == f"{after} False\n"


LOADED = """
import sys
from contextlib import redirect_stdout
from pathlib import Path
import fer
from fer.cli import main
recognizer = fer.load(sys.argv[1], engine=sys.argv[2])
photo, clip = map(Path, sys.argv[3:])
recognizer(photo), fer.batch.recognize([photo], recognizer), fer.video.watch(clip, recognizer)
with redirect_stdout(sys.stderr):
    assert main([str(photo), "--model", sys.argv[1]]) == 0
loaded = Path("/proc/self/maps").read_text()
print(any(f"/{name}" in loaded for name in ("libgomp", "libomp", "libiomp")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="there is no list of loaded libraries")
@pytest.mark.parametrize(("engine", "spins"), [("openvino", False), ("torch", True)])
def test_what_answers_has_no_threads_that_spin_for_each_other(portrait, tmp_path, engine, spins):
    """Those of OpenMP do: beside other busy processes they took many times as long as the work.

    How long answers take there, `fer bench` measures.
    """
    clip = write_clip(tmp_path / "clip.mp4", portrait, 0.3)
    command = [sys.executable, "-c", LOADED, MEMBER, engine, str(portrait), str(clip)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{spins}\n"


@pytest.mark.parametrize("name", fer.__all__)
def test_a_public_name_is_there_when_it_is_asked_for(name):
    assert getattr(fer, name) is not None
    assert name in dir(fer)


def test_a_name_that_is_not_there_is_an_error_as_in_any_module():
    with pytest.raises(AttributeError, match="module 'fer' has no attribute 'lod'"):
        fer.lod  # noqa: B018


def test_the_environment_names_the_model_that_answers(monkeypatch, capsys):
    monkeypatch.setenv("FER_MODEL", "nowhere")
    assert main(["photo.jpg"]) == 2
    assert "no model folder nowhere" in capsys.readouterr().err
    assert fer.load().folder.path == BUNDLED, "the library answers as ever"


def test_an_empty_name_is_none(monkeypatch):
    monkeypatch.setenv("FER_MODEL", "")
    assert default_model() == str(BUNDLED)
