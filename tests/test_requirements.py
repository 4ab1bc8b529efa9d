"""The ranges of pyproject.toml, the pins of the requirement files, and what ZeroGPU runs."""

import ast
import json
import re
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

import pytest
import yaml
from licences import TABLE, locked
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from serving import ROOT

from fer.version import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = {"base": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
ZEROGPU = json.loads((ROOT / "train" / "publishing" / "zerogpu.json").read_text("utf-8"))
OF = packages_distributions()  # import name → packages
OURS = {"benchmarks", "fer", "model_cards", "train"}
PEERS = {"cv2", "deepface", "emotiefflib", "facex"}  # in environments of their own


def pins(name: str) -> dict[str, str]:
    """Package → version of the lines of a requirement file that count for this Python."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in found
        if one.marker is None or one.marker.evaluate()
    }


def ranges(*extras: str) -> dict[str, Requirement]:
    """Package → its range in these extras."""
    found = [Requirement(one) for extra in extras for one in EXTRAS[extra]]
    return {
        canonicalize_name(one.name): one
        for one in found
        if one.marker is None or one.marker.evaluate()
    }


SPACE, DEV = pins("requirements.txt"), pins("requirements-dev.txt")


# The Space


def test_zerogpu_runs_the_spaces_torch():
    assert SPACE["torch"] in ZEROGPU["torch"]


def test_zerogpu_runs_the_spaces_python():
    front_matter = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---\n")[1])
    assert front_matter["python_version"] in ZEROGPU["python"]


def test_torchvision_is_the_one_that_was_made_for_torch():
    torch, torchvision = SPACE["torch"].split("."), DEV["torchvision"].split(".")
    assert (torch[0], torchvision[0]) == ("2", "0")
    assert int(torchvision[1]) == int(torch[1]) + 15  # 2.0 came with 0.15
    assert torchvision[2] == torch[2]


# Pins and ranges


def test_the_space_has_what_base_and_app_need_and_torch():
    assert SPACE.keys() == ranges("base", "app", "torch").keys()


def test_what_answers_needs_no_torch():
    assert "torch" not in ranges("base", "app")


def test_everything_is_pinned_once():
    assert SPACE.keys() | DEV.keys() == ranges(*EXTRAS).keys()
    assert not SPACE.keys() & DEV.keys()


def test_every_pin_is_within_its_range():
    pinned = SPACE | DEV
    assert [
        r for name, r in ranges(*EXTRAS).items() if not r.specifier.contains(pinned[name])
    ] == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_exact(file):
    lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if "#" not in line]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+(; python_version \S+ \S+)?", line) for line in lines)


def test_an_installed_package_leaves_the_versions_to_others():
    assert [r for r in ranges(*EXTRAS).values() if "==" in str(r.specifier)] == []


# What the code imports is in the extra that brings it


@pytest.mark.parametrize(
    ("files", "extras", "missing"),
    [
        ("fer/*.py", ["base", "export"], set()),
        ("fer/bench/**/*.py", ["base"], {"tqdm"}),  # come with huggingface_hub
        ("fer/bulk/**/*.py", ["base", "parquet", "ray"], {"filelock", "fsspec", "tqdm"}),
        ("fer/report/**/*.py", ["base", "app"], set()),
        ("fer/engines/**/*.py", ["base", "torch"], set()),
        ("fer/faces/**/*.py", ["base", "torch"], set()),
        ("fer/models/**/*.py", ["base", "export"], set()),
        # timm only to train from ImageNet weights
        ("fer/networks/**/*.py", ["base", "export"], {"timm"}),
        ("fer/ui/**/*.py", ["base", "app"], {"starlette"}),  # which gradio is built on
        ("app.py", ["base", "app"], set()),
        ("fer/evaluation/**/*.py", ["base", "train"], set()),
        ("fer/data/**/*.py", ["base", "train"], set()),
        ("benchmarks/**/*.py", ["base", "app", "train"], PEERS),  # gradio brings photos of animals
        # whoever has a model of transformers has that
        ("model_cards/**/*.py", ["base", "train"], {"transformers"}),
        ("train/**/*.py", ["base", "train"], {"tomli"}),  # in the standard library from 3.11 on
    ],
)
def test_what_the_code_imports_is_installed_with_it(files, extras, missing):
    paths = list(ROOT.glob(files))
    assert paths
    imported = {name for path in paths for name in top_level_imports(path)}
    outside = imported - OURS - sys.stdlib_module_names
    listed = ranges(*extras).keys()
    found = {
        name for name in outside if listed & {canonicalize_name(one) for one in OF.get(name, [])}
    }
    assert outside - found <= missing


def top_level_imports(path: Path) -> set[str]:
    """The packages that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [one.name for node in nodes if isinstance(node, ast.Import) for one in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


# Lock files


@pytest.mark.parametrize(
    ("lock", "pinned", "extras"),
    [
        ("requirements.lock", SPACE, ["base", "app", "torch"]),
        ("requirements-dev.lock", SPACE | DEV, list(EXTRAS)),
    ],
)
def test_lock_files_hold_the_pins_with_hashes(lock, pinned, extras):
    """`make lock` writes them anew."""
    versions = {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in locked(lock)
    }
    needed = {name: version for name, version in pinned.items() if name in ranges(*extras)}
    assert needed
    assert needed.items() <= versions.items()
    entries = re.findall(r"^\w.*?(?=^\w|\Z)", (ROOT / lock).read_text("utf-8"), re.M | re.S)
    assert len(entries) > 50
    assert all("--hash=sha256:" in entry for entry in entries)


def test_every_locked_package_has_a_licence():
    table = TABLE.read_text("utf-8")
    for one in locked("requirements.lock"):
        with suppress(PackageNotFoundError):
            version(one.name)  # it is installed here
            assert f"| {one.name} | {str(one.specifier)[2:]} |" in table


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
