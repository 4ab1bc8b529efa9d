"""The app to the Hub as a Space: what it needs, as committed here, and nothing else."""

import subprocess
from pathlib import Path

import yaml

from fer.errors import HubError
from fer.models.hub import HUB_ID
from model_cards.links import targets
from model_cards.readme import front_matter
from train.publishing.push import Push

ROOT = Path(__file__).parent.parent.parent
SOURCES = ("app.py", "requirements.txt", "LICENSE", "fer")
README = "README.md"
PICTURES = (".png", ".jpg")
OWNED = ("[!.]*",)  # on the Hub: everything but what git and the Hub keep there for themselves


def publish_space(repo: str, model: str, private: bool = False) -> str:
    """Make a Space hold exactly what serves a model of the Hub; what to tell the user.

    Raises `HubError` when the files are not as committed, or the Hub refuses.
    """
    files = space_files(model)
    push = Push(repo, private, kind="space")
    push.create()
    push.set_variable("FER_MODEL", model)  # first: the commit starts the Space
    return push.commit(files, f"Serve {model}", OWNED)


def space_files(model: str) -> dict[str, Path | bytes]:
    """Every file of the Space by its name there, as committed in this repository.

    Raises `HubError` when `model` is no Hub id or something is not committed.
    """
    hub_id = HUB_ID.fullmatch(model)
    if not hub_id:
        raise HubError(f"{model!r} is not the id of a model on the Hub: write it as name/model.")
    if _git("status", "--porcelain", "-uno", "--", *SOURCES, README):
        raise HubError("Some of the Space's files have uncommitted changes: commit them first.")
    text = readme(hub_id[1])
    shown = [target for target in targets(text) if target.endswith(PICTURES)]
    names = _git("ls-files", "--", *SOURCES, *shown).splitlines()
    if not names:
        raise HubError("This is not a clone of the project: publish the Space from one.")
    files: dict[str, Path | bytes] = {name: ROOT / name for name in names}
    return files | {README: text.encode()}


def readme(model: str) -> str:
    """The project's README as the Space's, with the versions of requirements.txt and the model."""
    _, _, text = (ROOT / README).read_text(encoding="utf-8").split("---\n", 2)
    values = yaml.safe_load(front_matter()) | {"models": [model]}
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True)}---\n{text}"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout
