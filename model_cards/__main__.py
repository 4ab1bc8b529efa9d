"""Model cards: python -m model_cards RUN… writes them, `check RUN` examines, `all` does all.

    python -m model_cards runs/mine              card, plots and .eval_results of a run's model
    python -m model_cards check runs/mine        what is wrong with them; exit code 1 if anything
    python -m model_cards check me/model         the same of a card on the Hub
    python -m model_cards check … --rerun DATA   also judges the weights again
    python -m model_cards all                    the bundled cards and the README

No figure of a card is typed by hand: they come from `config.json`, `metrics.json` and
`training.json`.
"""

import argparse
import sys
from pathlib import Path

from fer.errors import FerError, ModelError
from fer.evaluation.plots import draw_plots
from fer.models.bundled import WEIGHTS
from fer.models.ensemble import is_ensemble
from fer.models.hub import snapshot
from model_cards.card import CARD, model_folder, render
from model_cards.check import check
from model_cards.figures import checked_metrics
from model_cards.findings import Finding, table
from model_cards.metadata import RESULTS, eval_files
from model_cards.readme import generated
from train import evaluate

README = Path(__file__).parent.parent / "README.md"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when a card is wrong."""
    parser = argparse.ArgumentParser(prog="python -m model_cards", description="Model cards.")
    parser.add_argument("what", nargs="+", metavar="RUN | check RUN | all")
    parser.add_argument("--rerun", metavar="DATA", help="with check: judge the weights again")
    options = parser.parse_args(arguments)
    first, *rest = options.what
    try:
        if first == "check":
            if not rest:
                raise ModelError("Say what to check: a model's folder or its id on the Hub.")
            return max([examine(what, options.rerun) for what in rest])
        if options.rerun:
            raise ModelError("--rerun goes with check: python -m model_cards check RUN --rerun …")
        if options.what == ["all"]:
            write_all()
        else:
            for run in options.what:
                write(model_folder(Path(run)))
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def write(folder: Path) -> None:
    """Write a folder's card, plots and result files; nothing when anything is wrong."""
    text, splits = render(folder), checked_metrics(folder)
    files = eval_files(splits)
    for split, figures in splits.items():
        draw_plots(folder, split, figures)
    for old in folder.glob(RESULTS):
        old.unlink()
    for path, content in {CARD: text, **files}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    print(f"The card is {folder / CARD}")


def bundled() -> list[Path]:
    """The model folders that come with the project, ensembles last: their members come first."""
    folders = [path.parent for path in sorted(WEIGHTS.glob("*/config.json"))]
    return sorted(folders, key=is_ensemble)


def write_all() -> None:
    """Write every bundled card and the README's front matter and tables."""
    for folder in bundled():
        write(folder)
    README.write_text(generated(README.read_text("utf-8"), bundled()), encoding="utf-8")
    print(f"{README} is up to date")


def examine(model: str, data: str | None) -> int:
    """Print what is wrong with the card of a folder or Hub id; 1 if anything is, else 0."""
    here = Path(model).is_dir()
    folder, names = (model_folder(Path(model)), []) if here else snapshot(model)
    findings = check(folder, names)
    if data:
        findings += rerun(folder, data)
    if findings:
        print(f"✗ {model}: {len(findings)} thing{'s' * (len(findings) > 1)} to mend")
        print(table(findings))
        return 1
    print(f"✓ {model}: nothing in the card is other than it should be")
    return 0


def rerun(folder: Path, data: str) -> list[Finding]:
    """Judge the weights again: splits whose recorded figures do not come out."""
    arguments = ["--model", str(folder), "--data", data, "--split"]
    return [
        Finding(f"metrics.json, {split}", "the weights give other figures, or none, on this data")
        for split in checked_metrics(folder)
        if evaluate.main([*arguments, split])
    ]


if __name__ == "__main__":
    sys.exit(main())
