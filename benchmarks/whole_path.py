"""How right models are from a photo on: python -m benchmarks.whole_path --ferplus DIR --model A

Prints what `benchmarks.end_to_end` finds of each, on the same faces and photos.
"""

import argparse
import json
import sys

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_path")
    parser.add_argument("--ferplus", required=True, help="folder of FER+ with a validation split")
    parser.add_argument("--model", nargs="+", required=True, help="models, as fer.load names them")
    options = parser.parse_args(arguments)
    return run_command(lambda: compare(options.ferplus, options.model), "train")


def compare(ferplus: str, models: list[str]) -> int:
    """Judge several models on the same faces and photos; 0."""
    from benchmarks.end_to_end import judge
    from fer import load
    from fer.data import load_split

    faces = load_split(ferplus, "validation")
    for model in models:
        print(model, json.dumps(judge(load(model), faces), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
