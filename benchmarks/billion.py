"""What a billion faces would cost, and where they would choke: python -m benchmarks.billion

Written to benchmarks/billion.md: the rates are those of benchmarks/speed.json, what the results
take on the disk and what the one machine can write that keeps them is measured now, and prices are
assumptions, all in this file. With other prices the page is made again.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.billion_page import render
from fer.bench import records
from fer.bench.photos import SIZES, compose
from fer.bulk.files import write_whole
from fer.bulk.inputs import File
from fer.bulk.parts import Progress, Run
from fer.bulk.run import PART
from fer.bulk.schema import Row, description, row
from fer.bulk.tables import writer
from fer.commands import run_command
from fer.labels import EMOTIONS
from fer.models.bundled import BUNDLES
from fer.models.model_folder import open_model

HERE = Path(__file__).parent
SPEED, PAGE = HERE / "speed.json", HERE / "billion.md"

CROP = 112 * 112  # pixels of a face crop
ROWS = 20 * PART  # that are written to measure
ROUNDS = 3  # of which the quickest counts, for others may be at work


@dataclass(frozen=True)
class Prices:
    """Assumptions in US dollars, of large providers' lists; look them up before relying on them."""

    of: str = "November 2026"
    core_hour: float = 0.02  # a core as the system counts them, spot
    machine_cores: int = 16
    gpu: str = "NVIDIA L4"
    gpu_hour: float = 0.55  # the machine with it, spot
    gpu_cores: int = 16
    gb_month: float = 0.023  # in an object store
    million_reads: float = 0.40
    million_lists: float = 5.00
    listed: int = 1000  # names in one answer
    read_seconds: float = 0.03  # until the first byte
    list_seconds: float = 0.1


@dataclass(frozen=True)
class Kind:
    """Pictures of a kind: core milliseconds of each step, and a file's bytes."""

    name: str
    decode: float
    find: float
    align: float
    bytes: int

    @property
    def before(self) -> float:
        """Core milliseconds before the network."""
        return self.decode + self.find + self.align


@dataclass(frozen=True)
class Home:
    """What the machine does that keeps the results: bytes and core seconds of a row."""

    plan_bytes: float  # a line of the list of files
    part_bytes: float
    table_bytes: dict[str, float]  # by the ending of the results
    part_seconds: float
    table_seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Write the page; returns the exit code."""
    return run_command(make, "parquet")


def make() -> int:
    """Measure, compute and write."""
    speed = records.read(SPEED)
    networks = {
        name: sum(_network(speed, one.name) for one in open_model(folder).networks)
        for name, folder in BUNDLES.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        home = measure(Path(folder))
    PAGE.write_text(render(speed, Prices(), kinds(speed), networks, home), encoding="utf-8")
    print(PAGE)
    return 0


def _median(speed: records.Record, what: str) -> float:
    return next(one.median for one in speed.measured if one.what == what)


def _network(speed: records.Record, name: str) -> float:
    """Core milliseconds of a face in a batch, which all cores compute together."""
    return speed.machine.cores * _median(speed, f"{name} fp32, a face of 16")


def kinds(speed: records.Record) -> list[Kind]:
    """Face crops, and photos of one face."""
    align = _median(speed, "align a face for all networks")
    found = []
    for name, (width, height) in SIZES.items():
        size = len(compose((width, height), 1).jpeg())
        decode, find = (_median(speed, f"{what}, {name}") for what in ("decode", "find 1 face"))
        found.append(Kind(f"photos of {name}", decode, find, align, size))
        if name == "1 MP":
            share = CROP / (width * height)
            found.insert(0, Kind("face crops", share * decode, 0.0, 0.0, round(share * size)))
    return found


def measure(folder: Path) -> Home:
    """Write rows as a run does."""
    rows = [_row(np.random.default_rng(number), number) for number in range(ROWS)]
    run = Run(folder / "results.parquet")
    run.open({**description(), "options": {}})
    parts = [rows[start : start + PART] for start in range(0, ROWS, PART)]

    def add() -> None:
        for number, some in enumerate(parts):
            run.add(number, some, Progress())

    sizes, seconds = {}, {}
    part_seconds = _least(add)
    for ending in ("parquet", "csv", "jsonl"):
        path = folder / f"table.{ending}"
        write = writer(path)
        seconds[ending] = _least(
            lambda path=path, write=write: write_whole(  # type: ignore[misc]
                path, lambda file: write(file, run.rows(), description())
            )
        )
        sizes[ending] = path.stat().st_size / ROWS
    name = rows[0]["source"]
    line = json.dumps({**asdict(File("photo", name, name)), "pictures": 1}, separators=(",", ":"))
    written = sum(part.stat().st_size for part in run.folder.glob("part-*"))
    return Home(
        len(line) + 1, written / ROWS, sizes, part_seconds / ROWS, seconds["parquet"] / ROWS
    )


def _least(work: Callable[[], object]) -> float:
    """Core seconds of the quickest of several rounds."""
    taken = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def _row(random: np.random.Generator, number: int) -> Row:
    """A row with as many digits as real ones have."""
    shares = random.dirichlet(np.full(len(EMOTIONS), 0.3))
    places = [name for name in row() if name.startswith(("box_", "left_", "right_", "nose_"))]
    return row(
        source=f"s3://bucket/faces/{number // 1000:06}/{number:09}.jpg",
        image_sha256=random.bytes(32).hex(),
        face=1,
        **{name: round(random.uniform(0, 1000), 2) for name in places},
        score=round(random.uniform(0.7, 1), 4),
        quality=round(random.uniform(), 4),
        emotion=EMOTIONS[int(shares.argmax())],
        sure=bool(shares.max() >= 0.5),
        valence=round(random.uniform(-1, 1), 6),
        levels_5="very positive",
        levels_3="positive",
        **{one: round(float(p), 6) for one, p in zip(EMOTIONS, shares, strict=True)},
        model="face-resnet-ferplus",
        model_revision="0" * 64,
        version="0.1.0",
    )


if __name__ == "__main__":
    raise SystemExit(main())
