"""Results files: rows as parquet, CSV or JSON lines, written row after row."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from fer.batch import FORMULA
from fer.bulk.schema import COLUMNS, Kind, Row
from fer.errors import FerError, MissingExtra

METADATA = b"fer"  # the key in a parquet file's metadata; of other files it stands beside them
GROUP = 2_000  # rows of a parquet file that are compressed together

Write = Callable[[BinaryIO, Iterable[Row], dict[str, Any]], None]


def writer(out: Path) -> Write:
    """How the results are written, by the ending of their name; raises `FerError` at once."""
    kinds: dict[str, Write] = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    write = kinds.get(out.suffix.lower())
    if write is None:
        raise FerError(f"{out} is no kind of results: end it in {', '.join(kinds)}.")
    if write is _parquet:
        try:
            import pyarrow.parquet  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingExtra(error, "parquet") from error
    return write


def _csv(file: BinaryIO, rows: Iterable[Row], about: dict[str, Any]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table = csv.DictWriter(text, [column.name for column in COLUMNS])
    table.writeheader()
    for row in rows:
        table.writerow(row | {name: _no_formula(row[name]) for name in ("source", "item")})
    text.detach()


def _no_formula(cell: str | None) -> str | None:
    """The same, but nothing that a spreadsheet would compute."""
    return f"'{cell}" if cell and cell.startswith(FORMULA) else cell


def _jsonl(file: BinaryIO, rows: Iterable[Row], about: dict[str, Any]) -> None:
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _parquet(file: BinaryIO, rows: Iterable[Row], about: dict[str, Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[Kind, Any] = {
        "text": pa.string(),
        "whole": pa.int32(),
        "real": pa.float64(),
        "yes or no": pa.bool_(),
    }
    fields = [
        pa.field(column.name, kinds[column.kind], metadata={"about": column.about})
        for column in COLUMNS
    ]
    schema = pa.schema(fields, metadata={METADATA: json.dumps(about).encode()})
    with pq.ParquetWriter(file, schema, compression="zstd") as table:
        waiting: Iterator[Row] = iter(rows)
        while some := list(islice(waiting, GROUP)):
            table.write_table(pa.Table.from_pylist(some, schema))
