"""Put a model on the Hub: python -m train.publish RUN --repo me/ddamfn-rafdb [--dry-run]

RUN is a run's folder, or the folder of a model or of an ensemble. It is checked as if it came from
the Hub; then the files listed below, and no others, go up in one commit, which also deletes those
of an earlier model that this one lacks. The token is read from HF_TOKEN or from `hf auth login`.
"""

import argparse
import sys
from pathlib import Path

from fer import FerError, ModelError, load
from fer.evaluation.provenance import TRAINING
from fer.evaluation.report import METRICS
from fer.models.ensemble import STACKER, is_ensemble, read_config, weights_file
from fer.models.hub import PINNED
from fer.models.model_folder import CONFIG, WEIGHTS, read_json
from model_cards.card import CARD, model_folder, renamed
from model_cards.check import require_good_card
from train.publishing.push import Push

MORE = (TRAINING, ".eval_results/*.yaml", "plots/*.png")
OWNED = (WEIGHTS, STACKER, *MORE)  # on the Hub: not to outlive the model that they belong to
PICKLES = {".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pth"}
PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.publish", description="Publish a model.")
    parser.add_argument("run", type=Path, help="folder of a run, a model or an ensemble")
    parser.add_argument("--repo", required=True, help="id of the repository, such as me/ddamfn")
    parser.add_argument("--private", action="store_true", help="if it is new, others cannot see it")
    parser.add_argument("--create-pr", action="store_true", help="propose the commit only")
    parser.add_argument("--dry-run", action="store_true", help="check and list, upload nothing")
    options = parser.parse_args(arguments)
    try:
        files = publishable(options.run)
        if options.dry_run:
            for name, path in files.items():
                print(f"{path.stat().st_size:12,} {name}")
            return 0
        push = Push(options.repo, options.private, options.create_pr)
        # On the Hub the model has another name, by which the card's snippet has to call it.
        card = renamed(files[CARD].parent, options.repo).encode()
        message = f"Publish {options.run.resolve().name}"
        print(push.commit({**files, CARD: card}, message, OWNED))
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def publishable(run: Path) -> dict[str, Path]:
    """The files of a checked folder by their names on the Hub.

    Raises `ModelError` with the first reason why it must not be published.
    """
    folder = model_folder(run)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and is_pickle(path):
            raise ModelError(f"{path} may hold a pickle, which can run code: remove it first.")
    weights = weights_file(folder)
    if not read_json(folder).get("sha256"):
        raise ModelError(f"{CONFIG} in {folder} records no SHA-256 of {weights}: save it again.")
    loose = [m for m in _members(folder) if not PINNED.fullmatch(m)]
    if loose:
        raise ModelError(
            f"The ensemble names its member {loose[0]} by its place here: publish the members, "
            "then stack them by their ids on the Hub."
        )
    load(folder)
    require_good_card(folder)
    names = [CONFIG, weights, CARD, METRICS]
    files = {name: folder / name for name in names}
    for pattern in MORE:
        found = {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern)}
        files |= dict(sorted(found.items()))
    return files


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle, or an archive that may hold one, by its name or its start."""
    with path.open("rb") as file:
        return path.suffix in PICKLES or file.read(4).startswith(PICKLE_STARTS)


def _members(folder: Path) -> tuple[str, ...]:
    return read_config(folder).members if is_ensemble(folder) else ()


if __name__ == "__main__":
    sys.exit(main())
