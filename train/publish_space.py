"""Put the app on the Hub: python -m train.publish_space me/fer-demo --model me/ddamfn-rafdb

Uploads what a Space needs and nothing else: the committed files of the app, the library and the
bundled weights, and a README whose front matter names the versions of requirements.txt and the
model. Other files there are deleted in the same commit. The Space serves that model, and the
bundled one while the Hub cannot be reached.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

from fer import FerError, HubError
from fer.models.hub import HUB_ID
from model_cards.readme import front_matter
from train.publishing.push import Push

ROOT = Path(__file__).parent.parent
FILES = ("app.py", "requirements.txt", "LICENSE", "fer")
README = "README.md"
OWNED = ("[!.]*",)  # on the Hub: everything but what git and the Hub keep there for themselves


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train.publish_space", description="Publish the app as a Space."
    )
    parser.add_argument("repo", help="id of the Space, such as me/fer-demo")
    parser.add_argument("--model", required=True, help="Hub id of the model to serve")
    parser.add_argument("--private", action="store_true", help="if it is new, others cannot see it")
    parser.add_argument("--dry-run", action="store_true", help="list, upload nothing")
    options = parser.parse_args(arguments)
    try:
        files = space_files(options.model)
        if options.dry_run:
            for name, content in files.items():
                size = len(content) if isinstance(content, bytes) else content.stat().st_size
                print(f"{size:12,} {name}")
            return 0
        push = Push(options.repo, options.private, kind="space")
        push.create()
        push.set_variable("FER_MODEL", options.model)  # first: the commit starts the Space
        print(push.commit(files, f"Serve {options.model}", OWNED))
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def space_files(model: str) -> dict[str, Path | bytes]:
    """Every file of the Space by its name there, as committed in this repository.

    Raises `HubError` when `model` is no Hub id or something is not committed.
    """
    hub_id = HUB_ID.fullmatch(model)
    if not hub_id:
        raise HubError(f"{model!r} is not the id of a model on the Hub: write it as name/model.")
    if _git("status", "--porcelain", "-uno", "--", *FILES, README):
        raise HubError("Some of the Space's files have uncommitted changes: commit them first.")
    names = _git("ls-files", "--", *FILES).splitlines()
    if not names:
        raise HubError("This is not a clone of the project: publish the Space from one.")
    files: dict[str, Path | bytes] = {name: ROOT / name for name in names}
    return files | {README: readme(hub_id[1]).encode()}


def readme(model: str) -> str:
    """The project's README as the Space's, with the versions of requirements.txt and the model."""
    _, _, text = (ROOT / README).read_text(encoding="utf-8").split("---\n", 2)
    values = yaml.safe_load(front_matter()) | {"models": [model]}
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True)}---\n{text}"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
