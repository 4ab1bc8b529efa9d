"""The wheel answers in an environment of its own, away from the repository, and writes nothing."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
from serving import ROOT

from fer.version import __version__

PARTS = ("pyproject.toml", "README.md", "LICENSE", "fer")  # what a wheel is made of
HEAVY = {"PIL", "av", "gradio", "matplotlib", "numpy", "openvino", "pandas", "torch"}
WITHOUT_TORCH = "import sys; sys.modules['torch'] = None\n"
PRINT_HEAVY = f"import sys; print(sorted({HEAVY} & sys.modules.keys()))"


class Installed(NamedTuple):
    """The wheel in an environment of its own."""

    bin: Path
    package: Path  # the folder of `fer`
    cwd: Path  # with nothing but photo.jpg

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, without a home; nothing may be written."""
        before = self._files()
        done = subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.cwd,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert self._files() == before
        return done

    def python(self, code: str) -> str:
        """Run code; returns what it printed."""
        done = self.run("python", "-c", code)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def _files(self) -> dict[Path, int]:
        folders = (self.package.parent, self.cwd)
        return {path: path.stat().st_mtime_ns for one in folders for path in one.rglob("*")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made of a copy: a build leaves folders behind, and what lies in them comes into the next."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(source / "dist"), str(source)]
    subprocess.run(command, check=True)
    (made,) = (source / "dist").iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel alone is new; what it depends on is that of the environment of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*command, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    # A path named here is searched last, and an editable install in it does not come along.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    cwd = tmp_path_factory.mktemp("away")
    shutil.copy(portrait, cwd / "photo.jpg")
    return Installed(folder / "bin", packages / "fer", cwd)


def test_the_wheel_holds_the_whole_library_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = f"fer_toolkit-{__version__}.dist-info/"
    inside = {path.relative_to(ROOT) for path in (ROOT / "fer").rglob("*") if path.is_file()}
    left_out = {"__pycache__", "screenshots"}  # the latter are for the README
    expected = {path.as_posix() for path in inside if not left_out & set(path.parts)}
    expected -= {
        "fer/README.md",
        "fer/bulk/README.md",
        "fer/ui/README.md",
    }  # for whoever reads the code
    assert {name for name in names if not name.startswith(about)} == expected
    assert wheel.stat().st_size < 30_000_000


def test_the_wheels_own_library_answers(installed):
    assert installed.python("import fer; print(fer.__file__)") == str(
        installed.package / "__init__.py"
    )


def test_the_command_line_answers_a_photo(installed):
    done = installed.run("fer", "photo.jpg", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert (answer["image"], answer["model"]) == ("photo.jpg", "ensemble-ferplus")
    assert [face["emotion"] for face in answer["faces"]] == ["happiness"]


def test_the_model_without_a_name_is_the_bundled_one(installed):
    code = "import fer; r = fer.load(); print(r.name, r('photo.jpg')[0].emotion, r.folder.path)"
    folder = installed.package / "weights" / "ensemble-ferplus"
    assert installed.python(code) == f"ensemble-ferplus happiness {folder}"


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import fer; print(fer.load()('photo.jpg')[0].emotion)", "happiness"),
        (
            "import fer; r = fer.load(); photo = fer.images.open_image('photo.jpg')\n"
            "print(r.explain(photo, r(photo)[0]).size)",
            "(512, 512)",
        ),
        ("import fer; print(fer.load().engine.name)", "openvino"),
        ("import fer; print(len(fer.batch.recognize([__import__('pathlib').Path('photo.jpg')], "
         "fer.load()).rows))", "1"),
        ("import fer.ui.page, fer.video; print('torch' in str(sys.modules['torch']))", "False"),
    ],
    ids=["photo", "heatmap", "engine", "batch", "page and film"],
)  # fmt: skip
def test_what_answers_does_without_torch(installed, code, printed):
    assert installed.python(WITHOUT_TORCH + code) == printed


def test_its_types_are_there_for_others(installed):
    assert (installed.package / "py.typed").is_file()


@pytest.mark.parametrize(
    "code",
    [
        "import fer",
        "import fer.cli\ntry: fer.cli.main(['--help'])\nexcept SystemExit: pass",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(installed, code):
    assert installed.python(f"{code}\n{PRINT_HEAVY}").splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "lost", ["", "ensemble-ferplus", "ddamfn-ferplus", "convnext-ferplus/model.safetensors"]
)
def test_without_its_weights_it_says_so(installed, tmp_path, lost):
    away = (installed.package / "weights" / lost).rename(tmp_path / "lost")
    try:
        done = installed.run("fer", "photo.jpg")
    finally:
        away.rename(installed.package / "weights" / lost)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The bundled model is not installed")
    assert done.stderr.endswith("install the package again, or name a model.\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "files",
    [
        {"fer.py": "class FER: ..."},
        {"fer.py": "class FER: ...", "__init__.py": "from .fer import FER"},
    ],
    ids=["the other came first", "the other came last"],
)
def test_pypis_fer_in_the_same_folder_is_told(installed, files):
    ours = (installed.package / "__init__.py").read_text("utf-8")
    try:
        for name, code in files.items():
            (installed.package / name).write_text(code)
        done = installed.run("fer", "photo.jpg")
        if "__init__.py" not in files:
            code = "import fer\ntry: fer.load()\nexcept fer.FerError as error: print(error)"
            assert installed.python(code) + "\n" == done.stderr
    finally:
        (installed.package / "fer.py").unlink()
        (installed.package / "__init__.py").write_text(ours, "utf-8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip uninstall fer fer-toolkit" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_app_without_its_extra_says_which(tmp_path):
    code = "import sys; sys.modules['spaces'] = None; import app"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        "spaces is not installed: run pip install '.[app]' in the project's folder.\n"
    )
    assert list(tmp_path.iterdir()) == [], "and leaves nothing behind"
