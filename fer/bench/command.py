"""fer bench [--check] [--json FILE] [--quick]: how fast this machine answers."""

import argparse
from collections.abc import Iterator
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Measure; returns the exit code: 1 when a limit is missed that was to be held."""
    parser = argparse.ArgumentParser(
        prog="fer bench",
        description="Measure how fast this machine answers. Nothing else should run meanwhile.",
    )
    parser.add_argument("--check", action="store_true", help="hold the project's limits")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write a record of it")
    parser.add_argument("--quick", action="store_true", help="with few runs, in about a minute")
    options = parser.parse_args(arguments)

    from tqdm import tqdm

    from fer.bench import limits, records, report
    from fer.bench.steps import Step, measure

    def watched(steps: list[Step]) -> Iterator[Step]:
        with tqdm(steps, leave=False, dynamic_ncols=True, disable=None) as bar:
            for step in bar:
                bar.set_description(step.name)
                yield step

    record = measure(options.quick, watched)
    print(report.table(record))
    if options.json:
        records.write(options.json, record)
        print(f"The record is {options.json}")
    if not options.check:
        return 0
    verdicts = limits.verdicts(record)
    print(report.outcome(verdicts))
    return int(any(verdict.missed for verdict in verdicts))
