"""Model cards: python -m model_cards RUN… writes them, `check RUN` examines, `all` does all.

python -m model_cards runs/mine              card and plots of a run's model
python -m model_cards FOLDER --data PICTURES the same of a model by timm or transformers
python -m model_cards check runs/mine        what is wrong with them; exit code 1 if anything
python -m model_cards check me/model         the same of a card on the Hub
python -m model_cards check … --rerun DATA   also judges the weights again
python -m model_cards diff A B               two models' figures beside each other
python -m model_cards html A --out card.html a card as one page
python -m model_cards all                    the bundled cards and the README
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command
from fer.errors import ModelError


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 when a card is wrong."""
    parser = argparse.ArgumentParser(prog="python -m model_cards", description="Model cards.")
    parser.add_argument("what", nargs="+", metavar="RUN | check RUN | diff A B | html A | all")
    parser.add_argument("--rerun", metavar="DATA", help="with check: judge the weights again")
    parser.add_argument("--data", help="labelled pictures for a model by timm or transformers")
    parser.add_argument("--out", type=Path, help="with html: the file")
    parser.add_argument("--split", help="with --data: which of them (else test)")
    options = parser.parse_args(arguments)
    return run_command(lambda: _run(options), "train")


def _run(options: argparse.Namespace) -> int:
    data = options.rerun
    if "" in (*options.what, data, options.data, options.split):
        raise ModelError("Something has an empty name: give a model's folder and that of the data.")
    match options.what:
        case _ if options.split and not options.data:
            raise ModelError("--split goes with --data: python -m model_cards FOLDER --data …")
        case [what, *_] if options.out and what != "html":
            raise ModelError("--out goes with html: python -m model_cards html RUN --out card.html")
        case ["check" | "diff" | "html" | "all", *_] if options.data:
            raise ModelError("--data goes with a model's folder: check takes --rerun.")
        case ["check"]:
            raise ModelError("Say what to check: a model's folder or its id on the Hub.")
        case ["check", *models]:
            return max([check_model(model, data) for model in folders_of(models)], default=0)
        case _ if data:
            raise ModelError("--rerun goes with check: python -m model_cards check RUN --rerun …")
        case ["diff", first, second]:
            from model_cards.diff import difference

            print(difference(first, second))
        case ["diff", *_]:
            raise ModelError("diff takes two models: python -m model_cards diff A B.")
        case ["html", model] if options.out:
            from model_cards.html import write_html

            write_html(model, options.out)
            print(f"The card is {options.out}")
        case ["html", *_]:
            raise ModelError("html takes a model and a file: … html RUN --out card.html.")
        case ["all"]:
            write_all()
        case [folder] if options.data:
            write_measured_card(Path(folder), options.data, options.split or "test")
        case _ if options.data:
            raise ModelError("--data judges one model at a time: name one folder.")
        case runs:
            write_cards([Path(run) for run in runs])
    return 0


def write_cards(runs: list[Path]) -> None:
    """Write the cards of models, each in a folder of its own or in that of its run."""
    from fer.models.model_folder import model_of_run, open_model
    from model_cards.card import write_card

    for folder in [open_model(model_of_run(run)) for run in runs]:
        write_card(folder)
        print(f"The card is {folder.card}")


def write_measured_card(folder: Path, data: str, split: str) -> None:
    """Judge any image classifier on labelled pictures and write its card."""
    from model_cards.any_model.card import make_card

    make_card(folder, data, split)
    print(f"The card is {folder / 'README.md'}")


def write_all() -> None:
    """Write every bundled card, and the README's front matter, tables and plot."""
    from benchmarks.report import draw
    from model_cards.card import write_card
    from model_cards.readme import PLOT, README, bundled_models, compared, generated
    from model_cards.schema import SCHEMA, schema

    folders = bundled_models()
    for folder in folders:
        write_card(folder)
    text = generated(README.read_text(encoding="utf-8"), folders)
    README.write_text(text, encoding="utf-8")
    draw(compared(), PLOT)
    SCHEMA.write_text(schema(), encoding="utf-8")
    print(f"The cards of {len(folders)} bundled models and {README} are up to date")


def folders_of(models: list[str]) -> list[str]:
    """The same, with the model's folder in place of a file in it, each once: hooks name files.

    A file of no model, such as a README of something else, is left out.
    """
    folders: dict[str, None] = {}
    for model in models:
        path = Path(model)
        if not path.is_file():
            folders[model] = None
            continue
        owners = [one for one in path.parents[:2] if (one / "config.json").is_file()]
        folders |= dict.fromkeys(map(str, owners[:1]))
    return list(folders)


def check_model(model: str, data: str | None = None) -> int:
    """Print what is wrong with the card of a folder or Hub id; 1 if anything is, else 0.

    Given `data`, the weights are judged on it again.
    """
    from fer.models.hub import snapshot
    from fer.models.model_folder import model_of_run
    from model_cards.any_model.card import check_measured, is_measured, judge_measured_again
    from model_cards.check import check
    from model_cards.findings import table

    here = Path(model).is_dir()
    path, names = (model_of_run(Path(model)), []) if here else snapshot(model)
    measured = is_measured(path)
    findings = check_measured(path) if measured else check(path, names)
    if data and measured:
        findings += judge_measured_again(path, data)
    elif data:
        from model_cards.rerun import judge_again

        again = judge_again(path if here else model, data)
        findings += [finding for finding in again if finding not in findings]
    wrong, by_hand = ([one for one in findings if one.wrong == way] for way in (True, False))
    if wrong:
        print(f"✗ {model}: {len(wrong)} thing{'s' * (len(wrong) > 1)} to mend")
        print(table(wrong))
    else:
        print(f"✓ {model}: nothing in the card is other than it should be")
    if by_hand:
        print("Written by hand, and checked by nobody but you:")
        print(table(by_hand))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
