"""The folder for visitors' files goes with the app, however that ends."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fer.ui.server import folder

APP = "from fer.ui.server import folder; print(folder.own(), flush=True); input()"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen, Path]]]:
    """Start something like an app; it has a folder with a photo in it."""
    apps: list[subprocess.Popen] = []

    def start() -> tuple[subprocess.Popen, Path]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command, environment = [sys.executable, "-c", APP], {"TMPDIR": str(tmp_path)}
        apps.append(subprocess.Popen(command, text=True, env=environment, **pipes))
        own = Path(apps[-1].stdout.readline().strip())
        (own / "upload").mkdir()
        (own / "upload" / "photo.jpg").touch()
        return apps[-1], own

    yield start
    for app in apps:
        app.communicate()


def test_the_next_app_erases_what_a_killed_one_has_left(start) -> None:
    app, left = start()
    app.send_signal(signal.SIGKILL)
    app.wait()
    assert (left / "upload" / "photo.jpg").exists()
    _, own = start()
    assert own.exists()
    assert not left.exists()


def test_apps_that_run_side_by_side_leave_each_other_alone(start) -> None:
    (_, one), (_, other) = start(), start()
    assert one.exists()
    assert other.exists()


def test_an_app_that_ends_erases_its_own(start) -> None:
    app, own = start()
    app.communicate("\n")
    assert not own.exists()


def test_folders_of_others_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "other").mkdir()
    (tmp_path / "fer-hub-1").mkdir()
    (tmp_path / f"{folder.PREFIX}link").symlink_to(tmp_path / "other")
    folder.own()
    assert (tmp_path / "other").exists()
    assert (tmp_path / "fer-hub-1").exists()
