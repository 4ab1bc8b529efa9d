"""How fer batch fares: python -m benchmarks.bulk faces FILE.parquet [--rows 30000]

    python -m benchmarks.bulk photos [--count 2000]
    python -m benchmarks.bulk film [--minutes 120]
    python -m benchmarks.bulk kills [--count 600] [--runs 10]

Of faces, photos that are made and a film that is made: the most memory that a run holds, beside
that of a tenth of the size; of the first two also the pictures a second, beside those of finding
and reading the faces alone, which is what `fer bench` times. Nothing else should run meanwhile. Of
kills: whether runs that are killed at random moments and carried on come to the same table.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks import bulk_inputs
from fer.bulk.items import Item
from fer.commands import run_command
from fer.errors import FerError

ROUNDS = 5  # of each way, in turn: other processes slow both
PICTURES = 128  # of a round
MEMORY = 0.1  # by which ten times the size may need more
KEPT = 0.9  # of the parts' rate


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code, 1 where fer batch fares worse than it should."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bulk", description="How fer batch fares."
    )
    ways = parser.add_subparsers(required=True)
    for way, measure in (
        ("faces", _faces),
        ("photos", _photos),
        ("film", _film),
        ("kills", _kills),
    ):
        own = ways.add_parser(way)
        own.set_defaults(measure=measure)
        own.add_argument("--model", default="fast", help="as for fer batch")
        if way == "faces":
            own.add_argument("data", type=Path, help="parquet file with a column of images")
            own.add_argument("--rows", type=int, default=30_000, help="of it")
        if way == "photos":
            own.add_argument("--count", type=int, default=2000, help="of photos of 1 to 5 MP")
        if way == "film":
            own.add_argument("--minutes", type=int, default=120, help="of film")
        if way == "kills":
            own.add_argument("--count", type=int, default=600, help="of pictures")
            own.add_argument("--runs", type=int, default=10, help="that are killed")
            own.add_argument("--seed", type=int, default=0, help="of the moments")
    options = parser.parse_args(arguments)

    def run() -> int:
        with tempfile.TemporaryDirectory() as folder:
            return 0 if options.measure(options, Path(folder)) else 1

    return run_command(run, "parquet")


def command(data: Path, out: Path, model: str) -> list[str]:
    """That of a run."""
    words = ["batch", str(data), "--out", str(out), "--model", model]
    return [sys.executable, "-m", "fer", *words]


def _faces(options: argparse.Namespace, folder: Path) -> bool:
    import pyarrow.parquet as pq

    table = pq.read_table(options.data).slice(0, options.rows)
    few, many = folder / "few.parquet", folder / "many.parquet"
    pq.write_table(table.slice(0, len(table) // 10), few)
    pq.write_table(table, many)
    flat = _flat(few, many, options.model)
    return _quick(many, options.model) and flat


def _photos(options: argparse.Namespace, folder: Path) -> bool:
    few = bulk_inputs.photos(folder / "few", options.count // 10)
    many = bulk_inputs.photos(folder / "many", options.count)
    flat = _flat(few, many, options.model)
    return _quick(many, options.model) and flat


def _film(options: argparse.Namespace, folder: Path) -> bool:
    seconds = 60 * options.minutes
    short = bulk_inputs.film(folder / "short.mp4", seconds // 10)
    return _flat(short, bulk_inputs.film(folder / "long.mp4", seconds), options.model)


def _kills(options: argparse.Namespace, folder: Path) -> bool:
    from benchmarks.bulk_kills import killed

    return killed(folder, options)


def _flat(few: Path, many: Path, model: str) -> bool:
    """Print what runs of a tenth and of all hold; whether that is about the same."""
    peaks = []
    for data in (few, many):
        begun = time.perf_counter()
        peaks.append(_peak(command(data, data.with_name(f"{data.name}.csv"), model)))
        print(f"{data.name}: at most {peaks[-1]:.0f} MB, {time.perf_counter() - begun:.0f} s")
    more = peaks[1] / peaks[0] - 1
    print(f"ten times the size, {more:+.1%} memory")
    return more <= MEMORY


def _peak(words: list[str]) -> float:
    """The most megabytes that a run held; raises `FerError` where it failed."""
    process = subprocess.Popen(words)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise FerError(f"The run ended with {process.returncode}: see what it says above.")
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def _quick(data: Path, model: str) -> bool:
    """Print the rates of the parts alone and of the whole path; whether that keeps enough."""
    import fer
    from fer.bulk.answers import FACES_AT_ONCE, answers

    recognizer = fer.load(model)
    given = islice(_items(data), (ROUNDS + 1) * PICTURES)

    def parts(some: list[Item]) -> None:
        photos = [fer.images.open_image(item.picture) for item in some]  # type: ignore[arg-type]
        found = recognizer.detector.each(photos)
        for start in range(0, len(photos), FACES_AT_ONCE):
            end = start + FACES_AT_ONCE
            recognizer.read(photos[start:end], found[start:end])

    def whole_path(some: list[Item]) -> None:
        list(answers(some, recognizer, False, PICTURES))

    taken: list[list[tuple[int, float]]] = [[], []]
    while some := list(islice(given, PICTURES)):
        for way, own in zip((parts, whole_path), taken, strict=True):
            begun = time.perf_counter()
            way(some)
            own.append((len(some), time.perf_counter() - begun))
    if len(taken[0]) < 2:
        raise FerError(f"Rates need more than {PICTURES} pictures.")
    alone, whole = (  # the first round warms up
        sum(number for number, _ in own[1:]) / sum(seconds for _, seconds in own[1:])
        for own in taken
    )
    print(f"{whole:.1f} pictures/s, of {alone:.1f} of the parts alone: {whole / alone:.0%}")
    return whole >= KEPT * alone


def _items(data: Path) -> Iterator[Item]:
    from fer.bulk.inputs import LeftOut, find
    from fer.bulk.items import items

    for file in find([str(data)], LeftOut()):
        yield from items(file, 1)


if __name__ == "__main__":
    sys.exit(main())
