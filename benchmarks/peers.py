"""The same photos through others' tools: python -m benchmarks.peers FOLDER [--ferplus DIR]

Makes an environment for each in FOLDER and writes benchmarks/peers.json, which `make cards` puts
into the README. Tools whose weights do not come with the package are measured where the reader has
them: --emotiefflib and --deepface name the Python of an environment with it, weights in place.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from fer.commands import run_command

RECORD = Path(__file__).parent / "peers.json"
OF_THE_READER = ("emotiefflib", "deepface")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description="The same photos through others' tools."
    )
    parser.add_argument("folder", type=Path, help="for their environments, some 20 GB")
    parser.add_argument(
        "--ferplus", type=Path, metavar="DIR", help="also label the validation faces of FER+"
    )
    for name in OF_THE_READER:
        parser.add_argument(f"--{name}", type=Path, metavar="PYTHON", help=f"a Python with {name}")
    options = parser.parse_args(arguments)
    return run_command(lambda: _compare(options), "train")


def _compare(options: argparse.Namespace) -> int:
    from benchmarks.comparison import compare
    from benchmarks.report import section
    from fer.models.files import write_json

    pythons = {name: vars(options)[name] for name in OF_THE_READER}
    comparison = compare(options.folder, options.ferplus, pythons)
    write_json(RECORD, asdict(comparison))
    print("\n".join(section(comparison)))
    print(f"The record is {RECORD}: make cards puts it into the README")
    return 0


if __name__ == "__main__":
    sys.exit(main())
