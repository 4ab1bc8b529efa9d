"""How fer batch fares: python -m benchmarks.bulk FILE.parquet [--rows 3000] [--kills 10]

On the rows of a parquet file of images: the most memory that a run holds, and that of a tenth of
the rows; its pictures a second beside those of finding and reading the faces alone, which is what
`fer bench` times; and whether runs that are killed at random moments and carried on come to the
same table. Nothing else should run meanwhile.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from fer.commands import run_command

ROUNDS = 5  # of each way, in turn: other processes slow both
PICTURES = 128  # of a round
SEED = 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bulk", description="How fer batch fares."
    )
    parser.add_argument("data", type=Path, help="parquet file with a column of images")
    parser.add_argument("--rows", type=int, default=3000, help="of it, to measure with")
    parser.add_argument("--kills", type=int, default=10, help="runs that are killed")
    parser.add_argument("--model", default="fast", help="as for fer batch")
    options = parser.parse_args(arguments)
    return run_command(lambda: measure(options), "parquet")


def measure(options: argparse.Namespace) -> int:
    """Print the figures; the exit code, 1 where killed runs come to another table."""
    import pyarrow.parquet as pq

    table = pq.read_table(options.data).slice(0, options.rows)
    with tempfile.TemporaryDirectory() as folder:
        peaks, outs = [], []
        for rows in (options.rows // 10, options.rows):
            data = Path(folder) / f"{rows}.parquet"
            pq.write_table(table.slice(0, rows), data)
            outs.append(data.with_suffix(".csv"))
            peaks.append(_peak(_command(data, outs[-1], options.model)))
            print(f"{rows:,} rows: at most {peaks[-1]:.0f} MB")
        print(f"ten times the rows, {peaks[1] / peaks[0] - 1:+.1%} memory")
        _rates(data, options.model)
        return _killed(data, outs[-1], options)


def _command(data: Path, out: Path, model: str) -> list[str]:
    words = ["batch", str(data), "--out", str(out), "--model", model]
    return [sys.executable, "-m", "fer", *words]


def _peak(command: list[str]) -> float:
    """The most megabytes that a process held."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _rates(data: Path, model: str) -> None:
    import fer
    from fer.bulk.answers import FACES_AT_ONCE, answers
    from fer.bulk.inputs import File
    from fer.bulk.items import Item, items

    recognizer = fer.load(model)
    given = islice(items(File("parquet", str(data), data.name), 1), (ROUNDS + 1) * PICTURES)

    def parts(some: list[Item]) -> None:
        photos = [fer.images.open_image(item.picture) for item in some]  # type: ignore[arg-type]
        found = recognizer.detector.each(photos)
        for start in range(0, len(photos), FACES_AT_ONCE):
            end = start + FACES_AT_ONCE
            recognizer.read(photos[start:end], found[start:end])

    def whole_path(some: list[Item]) -> None:
        list(answers(some, recognizer, False, PICTURES))

    taken: list[list[float]] = [[], []]
    while some := list(islice(given, PICTURES)):
        for way, own in zip((parts, whole_path), taken, strict=True):
            begun = time.perf_counter()
            way(some)
            own.append(time.perf_counter() - begun)
    alone, whole = (PICTURES * len(own[1:]) / sum(own[1:]) for own in taken)  # the first warms up
    print(f"{whole:.1f} pictures/s, of {alone:.1f} of the parts alone: {whole / alone:.0%}")


def _killed(data: Path, whole: Path, options: argparse.Namespace) -> int:
    """Runs killed at random moments and carried on, against one that was not."""
    chance = random.Random(SEED)
    begun = time.perf_counter()
    _peak(_command(data, whole.with_suffix(".jsonl"), options.model))
    length = time.perf_counter() - begun
    same = 0
    for number in range(options.kills):
        command = _command(data, whole.with_name(f"killed-{number}.csv"), options.model)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0, length))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _peak(command)
        tables = (path.read_bytes().splitlines() for path in (whole, Path(command[6])))
        same += len({tuple(sorted(lines)) for lines in tables}) == 1
    print(f"{same} of {options.kills} killed and resumed runs come to the same table")
    return 0 if same == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
