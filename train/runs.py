"""The log of runs: python -m train.runs [RUN …] adds runs and writes train/RUNS.md anew.

What a run says of itself (recipe, course, cost) is kept as `train/runs/<name>.json`; the table is
made from these files alone.
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.runs", description="Log runs.")
    parser.add_argument("runs", nargs="*", type=Path, help="finished run folders to add")
    options = parser.parse_args(arguments)
    return run_command(lambda: log(options), "train")


def log(options: argparse.Namespace) -> int:
    """Log what the command line names; the exit code."""
    from train.studies.run_log import log_runs

    print(f"The table is in {log_runs(options.runs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
