"""Results files: rows as parquet, CSV or JSON lines, written and read row after row."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from fer.batch import no_formula
from fer.bulk.schema import Column, Kind, Row, check, columns_of, labels_of
from fer.errors import FerError, MissingExtra
from fer.labels import FORMULA

ENDINGS = (".parquet", ".csv", ".jsonl")  # of results files, each with a writer and a reader
METADATA = b"fer"  # the key in a parquet file's metadata; of other files it stands beside them
LINE = 1_000_000  # bytes; no row is as long
GROUP = 2_000  # rows of a parquet file that are compressed together

Write = Callable[[BinaryIO, Iterable[Row], dict[str, Any]], None]


def writer(out: Path) -> Write:
    """How the results are written, by the ending of their name; raises `FerError` at once."""
    write = dict(zip(ENDINGS, (_parquet, _csv, _jsonl), strict=True)).get(out.suffix.lower())
    if write is None:
        raise FerError(f"{out} is no kind of results: end it in {', '.join(ENDINGS)}.")
    if write is _parquet:
        try:
            import pyarrow.parquet  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingExtra(error, "parquet") from error
    return write


def _csv(file: BinaryIO, rows: Iterable[Row], about: dict[str, Any]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    table = csv.DictWriter(text, [column["name"] for column in about["columns"]])
    table.writeheader()
    for row in rows:
        named = {name: row[name] for name in ("source", "item") if row[name] is not None}
        table.writerow(row | {name: no_formula(cell) for name, cell in named.items()})
    text.detach()


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
        pa.field(column["name"], kinds[column["type"]], metadata={"about": column["about"]})
        for column in about["columns"]
    ]
    schema = pa.schema(fields, metadata={METADATA: json.dumps(about).encode()})
    with pq.ParquetWriter(file, schema, compression="zstd") as table:
        waiting: Iterator[Row] = iter(rows)
        while some := list(islice(waiting, GROUP)):
            table.write_table(pa.Table.from_pylist(some, schema))


def read(path: Path) -> Iterator[Row]:
    """The rows of a results file; raises `FerError` where it is none, or damaged."""
    readers = (_rows_of_parquet, _rows_of_csv, _rows_of_jsonl)
    reader = dict(zip(ENDINGS, readers, strict=True)).get(path.suffix.lower())
    if reader is None:
        raise FerError(f"{path} is no results file: name one that ends in {', '.join(ENDINGS)}.")
    try:
        columns: tuple[Column, ...] = ()
        for one in reader(path):
            if not columns:  # the first row says what labels there are
                labels = labels_of(one)
                columns = columns_of(labels)
            missing = [column.name for column in columns if column.name not in one]
            if missing:
                raise FerError(f"{path} is not of fer batch: it has no column {missing[0]}.")
            check(one, columns, labels)
            yield one
    except FileNotFoundError as error:
        raise FerError(f"{path} does not exist: check the name and the folder.") from error
    except OSError as error:
        raise FerError(
            f"{path} cannot be read ({error.strerror or 'damaged'}): check its name and your "
            "permissions."
        ) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise FerError(f"{path} is damaged: let fer batch make it again.") from error


def about(path: Path) -> dict[str, Any]:
    """What is on record of a run beside its results or in them; empty where that is lost."""
    try:
        return json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        pass
    if path.suffix.lower() != ".parquet":
        return {}
    import pyarrow.parquet as pq

    return json.loads((pq.read_schema(path).metadata or {}).get(METADATA, b"{}"))


def _rows_of_parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "parquet") from error
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            there = file.schema_arrow.names
            columns = columns_of(labels_of(there))
            names = [column.name for column in columns if column.name in there]
            for batch in file.iter_batches(GROUP, columns=names):
                yield from batch.to_pylist()
    except NotImplementedError as error:
        raise ValueError("nothing that we write") from error


def _lines(path: Path) -> Iterator[str]:
    """Each line, none of which may be long: one could be all of a hostile file."""
    with path.open("rb") as file:
        while line := file.readline(LINE):
            if len(line) == LINE:
                raise ValueError("no row")
            yield line.decode("utf-8")


def _rows_of_jsonl(path: Path) -> Iterator[Row]:
    for line in _lines(path):
        one = json.loads(line)
        if not isinstance(one, dict):
            raise ValueError("no row")
        yield one


def _rows_of_csv(path: Path) -> Iterator[Row]:
    kinds: dict[str, Callable[[str], Any]] = {}
    heads: list[str] | None = None
    for line in _lines(path):  # no cell of ours goes over several
        (cells,) = csv.reader([line], strict=True)
        if heads is None:
            heads = cells
            columns = columns_of(labels_of(heads))
            kinds = {column.name: _FROM_TEXT[column.kind] for column in columns}
            continue
        named = dict(zip(heads, cells, strict=True))
        one = {name: kinds[name](text) for name, text in named.items() if name in kinds and text}
        yield dict.fromkeys(named) | one


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


_FROM_TEXT: dict[Kind, Callable[[str], Any]] = {
    "text": _text,
    "whole": int,
    "real": float,
    "yes or no": "True".__eq__,
}
