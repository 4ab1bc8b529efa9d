"""The page on a billion faces as Markdown: a text whose figures are all filled in."""

import re
import textwrap
from typing import TYPE_CHECKING

from fer.bench.records import Record
from fer.bulk.cluster import PIECE

if TYPE_CHECKING:
    from benchmarks.billion import Home, Kind, Prices

FACES = 1_000_000_000  # one in each picture
KEPT = 0.9  # of the rate of the parts, which `benchmarks.bulk` asks of `fer batch`
SHARD = 10_000_000  # pictures of one run
PACKED = 10_000  # pictures in one zip or parquet file
MACHINES = 100

TEXT = """# A billion faces: what they cost, and where they choke

Written by `python -m benchmarks.billion`, for a picture a face. Nobody has run this. Rates are
those of `speed.json` ({processor}, {cores} cores, {date}): the sum of the parts, where a step
before the networks takes one core and a network all, times {kept}, which is what
`benchmarks.bulk` asks of `fer batch`. A “core” is what the system counts. What results take, and
how fast they are kept, was measured when the page was made. Prices are **assumptions** of {of},
in US dollars: {core_hour} an hour for a core and {gpu_hour} for a machine with one {gpu} and
{gpu_cores} cores, both spot; in an object store {gb_month} a GB and month, {million_reads:.2f}
for a million reads and {million_lists:.2f} for a million listings.

## On CPUs

{cpu_table}

A machine has {machine_cores} cores. What a spot machine has in hand when it is taken, at most a
few times {piece} pictures a core, another one reads again: that is not in it.

## With GPUs

No GPU was measured. Decoding, finding and cutting out stay on the cores beside it: even if its
networks took no time, a machine could not be faster than this.

{gpu_table}

So a GPU pays only where the network is most of the work. Of {photo} it takes {fast_share:.0%} of
a core's time with “fast” and {ensemble_share:.0%} with the ensemble; of face crops it is nearly
all.

## Storage

{storage_table}

## Where it chokes first

1. **Keeping the results.** One process writes all rows: {part_us:.0f} µs of a core for a row's
part and {table_us:.0f} µs for its place in the table, so at most {rows:,.0f} rows a second and
{rows_hours:.0f} hours for all. It keeps up with {fed:,.0f} cores that read {photo} with “fast”,
and with {fed_crops:,.0f} that read face crops. Until the end its disk holds parts of
{parts_tb:.1f} TB and a plan of {plan_gb:.0f} GB. *So:* a run for every {shard:,} pictures, each
with an `--out` of its own, {runs} runs in all. They share nothing, run on as many machines as
there are, and each is carried on for itself; its parts take {shard_gb:.0f} GB, its table
{table_gb:.1f} GB. Parquet files in one folder are one table to whoever reads them.

2. **Listing.** A billion names are {lists:,.0f} listings, one after the other: {list_hours:.0f}
hours at {list_seconds} s each, and {list_dollars:,.0f} dollars. *So:* pack {packed:,} pictures
into a zip or parquet file; that leaves {packs:,} names, listed in {packed_seconds:.0f} seconds.

3. **Small files.** A worker reads one file after the other, {read_seconds} s until the first
byte: {reads:.0f} a second, while a core answers {rate:.0f} {photo} or {crops:.0f} face crops.
With crops it would wait {waits:.0%} of the time, and the reads alone cost {read_dollars:,.0f}
dollars. *So:* the same packing, in parquet groups of about {piece} rows, which is what a worker
gets at once.

4. **Decoding.** It is {decoding:.0%} of the work for {photo} with “fast” and {large_decoding:.0%}
for {large}, {large_finding:.0%} together with finding. *So:* shrink what is stored to what faces
need, or keep crops and read them with `--aligned`.

5. **The machine of the command.** When it goes, the run stands still until somebody gives the
same command again. It is not a spot machine, and its disk outlives it.
"""


def render(
    speed: Record,
    prices: "Prices",
    kinds: "list[Kind]",
    networks: dict[str, float],
    home: "Home",
) -> str:
    """The whole page; `networks` has core milliseconds of a face by model."""
    crop, photo, large = kinds[0], kinds[1], kinds[-1]
    fast, ensemble = networks["fast"], networks["ensemble"]
    rows = 1 / (home.part_seconds + home.table_seconds)
    rate, crops = _rate(photo, fast), _rate(crop, fast)
    lists, reads = FACES / prices.listed, 1 / prices.read_seconds
    tables = {
        "cpu_table": _cpus(prices, kinds, networks),
        "gpu_table": _gpus(prices, kinds),
        "storage_table": _storage(prices, kinds, home),
    }
    text = TEXT.format(
        **vars(prices),
        **{name: f"{{{name}}}" for name in tables},
        processor=speed.machine.processor,
        cores=speed.machine.cores,
        date=speed.date,
        kept=KEPT,
        piece=PIECE,
        photo=photo.name,
        large=large.name,
        fast_share=fast / (photo.before + fast),
        ensemble_share=ensemble / (photo.before + ensemble),
        part_us=1e6 * home.part_seconds,
        table_us=1e6 * home.table_seconds,
        rows=rows,
        rows_hours=FACES / rows / 3600,
        fed=rows / rate,
        fed_crops=rows / crops,
        parts_tb=FACES * home.part_bytes / 1e12,
        plan_gb=FACES * home.plan_bytes / 1e9,
        shard=SHARD,
        runs=FACES // SHARD,
        shard_gb=SHARD * home.part_bytes / 1e9,
        table_gb=SHARD * home.table_bytes["parquet"] / 1e9,
        lists=lists,
        list_hours=lists * prices.list_seconds / 3600,
        list_dollars=lists * prices.million_lists / 1e6,
        packed=PACKED,
        packs=FACES // PACKED,
        packed_seconds=lists / PACKED * prices.list_seconds,
        reads=reads,
        rate=rate,
        crops=crops,
        waits=max(0.0, 1 - reads / crops),
        read_dollars=FACES * prices.million_reads / 1e6,
        decoding=photo.decode / (photo.before + fast),
        large_decoding=large.decode / (large.before + fast),
        large_finding=(large.decode + large.find) / (large.before + fast),
    )
    return _wrapped(text).format(**tables)


def _rate(kind: "Kind", network: float) -> float:
    """Pictures that a core answers in a second."""
    return KEPT * 1000 / (kind.before + network)


def _cpus(prices: "Prices", kinds: "list[Kind]", networks: dict[str, float]) -> str:
    heads = ["", "model", "a second and core", "core hours", f"on {MACHINES} machines", "dollars"]
    lines = _header(heads)
    for kind in kinds:
        for model, own in networks.items():
            rate = _rate(kind, own)
            hours = FACES / rate / 3600
            wall = hours / MACHINES / prices.machine_cores
            cells = [f"{rate:.1f}", f"{hours:,.0f}", f"{wall:.0f} hours"]
            lines.append(_line([kind.name, model, *cells, f"{hours * prices.core_hour:,.0f}"]))
    return "\n".join(lines)


def _gpus(prices: "Prices", kinds: "list[Kind]") -> str:
    lines = _header(["", "a second and machine, at most", "machine hours, at least", "dollars"])
    for kind in kinds:
        cells = ["not measured"] * 3
        if kind.find:
            rate = prices.gpu_cores * _rate(kind, 0.0)
            hours = FACES / rate / 3600
            cells = [f"{rate:,.0f}", f"{hours:,.0f}", f"{hours * prices.gpu_hour:,.0f}"]
        lines.append(_line([kind.name, *cells]))
    return "\n".join(lines)


def _storage(prices: "Prices", kinds: "list[Kind]", home: "Home") -> str:
    lines = _header(["", "bytes each", "TB", "dollars a month"])
    sizes = {kind.name: float(kind.bytes) for kind in kinds}
    sizes |= {f"results as {ending}, a row": own for ending, own in home.table_bytes.items()}
    for name, size in sizes.items():
        month = FACES * size / 1e9 * prices.gb_month
        lines.append(_line([name, f"{size:,.0f}", f"{FACES * size / 1e12:,.1f}", f"{month:,.0f}"]))
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    """The same with its paragraphs filled anew, for figures are longer or shorter than names."""
    paragraphs = []
    for one in text.strip().split("\n\n"):
        indent = "   " if re.match(r"\d\. ", one) else ""
        paragraphs.append(textwrap.fill(one, 100, subsequent_indent=indent, break_on_hyphens=False))
    return "\n\n".join(paragraphs) + "\n"


def _header(cells: list[str]) -> list[str]:
    return [_line(cells), _line(["---"] * len(cells))]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
