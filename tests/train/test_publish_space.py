"""A Space gets the files that it needs, and says which model it serves."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hub import TOKEN, Fault
from serving import ROOT

from fer.models.bundled import BUNDLED
from train.publish_space import main
from train.publishing import space as publishing


@pytest.fixture
def space(loopback, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(publishing, "_git", committed)
    return loopback


def committed(*words: str) -> str:
    """Git's answer, were everything committed: these tests also run before a commit."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return "" if words[0] == "status" else done.stdout


def test_a_space_has_what_it_needs_and_no_more(space, capsys):
    assert main(["me/demo", "--model", "me/model@v1"]) == 0
    repo = space.repo("me/demo", "spaces")
    assert capsys.readouterr().out == f"me/demo@{repo.head()}\n"
    assert repo.commits() == 2, "one commit after the first"
    assert space.variables == {"FER_MODEL": "me/model@v1"}
    files = repo.files()
    for needed in ("app.py", "requirements.txt", "README.md", "fer/ui/page.css", "LICENSE"):
        assert needed in files
    for name in files:
        assert name in (".gitattributes", "app.py", "requirements.txt", "README.md", "LICENSE") or (
            name.startswith("fer/") or name == "benchmarks/peers.png"
        )
    content, _ = repo.read("main", "README.md")
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", content.decode())
    assert len(shown) > 3
    assert set(shown) <= set(files)
    matter = yaml.safe_load(content.decode().split("---\n")[1])
    requirements = (ROOT / "requirements.txt").read_text().splitlines()
    assert (matter["sdk"], matter["models"]) == ("gradio", ["me/model"])
    assert f"gradio=={matter['sdk_version']}" in requirements


def test_what_the_project_dropped_leaves_the_space(space):
    assert main(["me/demo", "--model", "me/model"]) == 0
    repo = space.repo("me/demo", "spaces")
    files = repo.files()
    repo.commit({"fer/old.py": b"", "packages.txt": b""})
    assert main(["me/demo", "--model", "me/model"]) == 0
    assert repo.files() == files


def test_the_files_of_a_space_run(space, tmp_path):
    """In a folder of its own the app starts to the point of naming its model."""
    assert main(["me/demo", "--model", "me/model"]) == 0
    repo = space.repo("me/demo", "spaces")
    for name in repo.files():
        content, _ = repo.read("main", name)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    space.faults = [Fault("", "down")]
    done = subprocess.run(
        [sys.executable, "-c", "import os; os.environ['FER_MODEL'] = 'me/model'; import app\n"
         "print(app.recognizer.name, app.remark)"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert f"{Path(BUNDLED).name} The bundled model answers in place of me/model" in done.stdout


def test_a_dry_run_uploads_nothing(space, capsys):
    assert main(["me/demo", "--model", "me/model", "--dry-run"]) == 0
    assert " app.py\n" in capsys.readouterr().out
    assert space.requests == []


@pytest.mark.parametrize(
    ("model", "status", "fault", "sentence"),
    [
        ("model", "", None, "'model' is not the id of a model on the Hub"),
        ("me/model", " M app.py", None, "uncommitted changes: commit them first"),
        ("me/model", "", Fault("/variables", 403), "does not let you write to me/demo (403)"),
        ("me/model", "", Fault("/commit/", 412), "Somebody else committed to me/demo"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_space_that_cannot_be_published(
    space, monkeypatch, capsys, model, status, fault, sentence
):
    monkeypatch.setattr(
        publishing, "_git", lambda *w: status if w[0] == "status" else committed(*w)
    )
    space.faults = [fault] if fault else []
    assert main(["me/demo", "--model", model]) == 2
    output = capsys.readouterr()
    assert sentence in output.err.splitlines()[-1]
    assert TOKEN not in output.err
    repo = space.repo("me/demo", "spaces")
    assert not repo.path.exists() or repo.files() == [".gitattributes"]
