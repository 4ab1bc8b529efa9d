"""Model cards: python -m model_cards FOLDER… writes them, `check FOLDER` examines, `all` does all.

    python -m model_cards runs/mine/model         README.md and .eval_results of a folder
    python -m model_cards check runs/mine/model   what is wrong with a card; exit code 1 if anything
    python -m model_cards check me/model          the same of a card on the Hub
    python -m model_cards check … --rerun DATA    also judges the weights again
    python -m model_cards all                     the bundled cards and the README's tables

No figure of a card is typed by hand: they come from `config.json`, `metrics.json` and
`training.json`.
"""

import argparse
import sys
from pathlib import Path

from fer.ensemble import is_ensemble
from fer.errors import FerError
from fer.hub import snapshot
from fer.places import WEIGHTS
from model_cards.card import CARD, checked_metrics, render
from model_cards.check import check
from model_cards.metadata import eval_files
from model_cards.readme import with_results
from train import evaluate

README = WEIGHTS.parent / "README.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when a card is wrong."""
    parser = argparse.ArgumentParser(prog="python -m model_cards", description="Model cards.")
    parser.add_argument("what", nargs="+", metavar="FOLDER | check FOLDER | all")
    parser.add_argument("--rerun", metavar="DATA", help="with check: judge the weights again")
    options = parser.parse_args(arguments)
    first, *rest = options.what
    try:
        if first == "check" and rest:
            return max([examine(what, options.rerun) for what in rest])
        if first == "all":
            write_all()
        else:
            for folder in options.what:
                write(Path(folder))
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def write(folder: Path) -> None:
    """Write a folder's card and result files; nothing is written when anything is wrong."""
    text, files = render(folder), eval_files(checked_metrics(folder))
    (folder / CARD).write_text(text, encoding="utf-8")
    results = folder / ".eval_results"
    results.mkdir(exist_ok=True)
    for name, content in files.items():
        (results / name).write_text(content, encoding="utf-8")
    print(f"The card is {folder / CARD}")


def bundled() -> list[Path]:
    """The model folders that come with the project, ensembles last: their members come first."""
    folders = [path.parent for path in sorted(WEIGHTS.glob("*/config.json"))]
    return sorted(folders, key=is_ensemble)


def write_all() -> None:
    """Write every bundled card and the README's tables."""
    for folder in bundled():
        write(folder)
    README.write_text(with_results(README.read_text("utf-8"), bundled()), encoding="utf-8")
    print(f"The tables in {README} are up to date")


def examine(model: str, data: str | None) -> int:
    """Print what is wrong with the card of a folder or Hub id; 1 if anything is, else 0."""
    folder = Path(model) if Path(model).is_dir() else snapshot(model)
    findings = check(folder)
    for finding in findings:
        print(f"✗ {model}: {finding}")
    if data:
        for split in checked_metrics(folder):
            if evaluate.main(["--model", str(folder), "--data", data, "--split", split]):
                findings.append(split)
    if not findings:
        print(f"✓ {model}: every figure of the card is the measured one")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
