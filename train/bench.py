"""How fast training is: python -m train.bench --data FOLDER [--recipe RECIPE …] [--before CHECKOUT]

Prints, for every stage, the images a second of the loader alone, of the step alone (forward,
backward, optimiser) and of both, and the hours that the stage takes by that: on a GPU with as many
worker processes as train, else on one core by the time that the process itself gets, so that others
on the machine hardly matter. `--before` measures another checkout of the project too, in
turns with this one; `--write` puts that comparison into train/README.md.
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command

RECIPES = ("ferplus-ddamfn", "ferplus-convnext", "ferplus-face-resnet")
PATHS = [f"train/recipes/{name}.toml" for name in RECIPES]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.bench", description="Time training.")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--recipe", nargs="+", default=PATHS, help=f"TOML files (else {RECIPES})")
    parser.add_argument("--before", type=Path, help="another checkout, measured in turns with this")
    parser.add_argument("--write", action="store_true", help="put the comparison into the README")
    parser.add_argument("--json", action="store_true", help="print one line of JSON at the end")
    options = parser.parse_args(arguments)
    if options.write and not options.before:
        parser.error("--write needs --before")
    return run_command(lambda: bench(options), "train")


def bench(options: argparse.Namespace) -> int:
    """Measure what the command line names and print it; the exit code."""
    from fer.evaluation.provenance import hardware
    from train.studies import speed

    if options.before:
        comparison = speed.compare(options.before, options.data, options.recipe)
        print(speed.comparison_table(comparison))
        if options.write:
            print(f"The table is in {speed.write(comparison)}")
        return 0
    measured = speed.measure_all(options.data, options.recipe)
    if not options.json:
        print(f"On {hardware()}:\n")
    print(speed.as_json(measured) if options.json else speed.table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
