"""What is in a data set more than once: python -m train.data.repeats --data FOLDER

Pictures that are in two splits or under two labels, equal or nearly so. Training says it too.
"""

import argparse
import sys

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.data.repeats")
    parser.add_argument("--data", required=True, help="folder or Hub id of a data set")
    parser.add_argument("--splits", nargs="+", default=["train", "validation", "test"])
    options = parser.parse_args(arguments)
    return run_command(lambda: say_repeats(options.data, options.splits), "train")


def say_repeats(data: str, splits: list[str]) -> int:
    """Print what is there more than once; 1 if anything is."""
    from fer.data.hub import pinned
    from fer.data.load import available
    from fer.data.repeats import repeats

    found = repeats(available(pinned(data), splits))
    print("\n".join(found) or "No image is there more than once.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
