"""Pictures in a parquet file, row by row, as data sets on the Hub keep them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fer.bulk import storage
from fer.errors import FerError, MissingExtra
from fer.images import readable

if TYPE_CHECKING:
    import pyarrow.parquet as pq

ROWS = 32  # read together
BUFFER = 1 << 20  # bytes; without one a whole group of rows, maybe gigabytes, is read at once
NAMES = ("image", "img", "picture", "photo")  # of a column, where several could have pictures


def count(path: str) -> int:
    """How many rows a file has; raises `FerError` where it has no column of pictures."""
    with _opened(path) as file:
        _column(file, path)
        return int(file.metadata.num_rows)


def rows(path: str, skip: int = 0) -> Iterator[tuple[int, bytes | FerError]]:
    """The rows but for the first `skip`, each with its number, from 0, and the picture's file."""
    import pyarrow as pa

    with _opened(path) as file:
        column = _column(file, path)
        groups: list[int] = []
        row = 0
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if row + size <= skip and not groups:
                row += size
            else:
                groups.append(group)
        try:
            batches = file.iter_batches(ROWS, groups, [column]) if groups else ()
            for batch in batches:
                for value in batch.column(0):
                    if row >= skip:
                        yield row, _picture(value.as_py(), path)
                    row += 1
        except (OSError, pa.ArrowException) as error:
            raise FerError(
                f"{_name(path)} is damaged at row {row} or after it: copy it again."
            ) from error


@contextmanager
def _opened(path: str) -> "Iterator[pq.ParquetFile]":
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "parquet") from error
    with ExitStack() as stack:
        try:
            away = storage.is_address(path)
            source = stack.enter_context(storage.opened(path)) if away else path
            file = pq.ParquetFile(source, buffer_size=BUFFER, pre_buffer=False)
        except (OSError, pa.ArrowException) as error:
            raise FerError(
                f"{_name(path)} is damaged or cannot be read: copy it again, or check its name and "
                "your permissions."
            ) from error
        yield file


def _column(file: "pq.ParquetFile", path: str) -> str:
    """The name of the column of pictures; raises `FerError`, which names the columns there are."""
    import pyarrow as pa

    def holds_bytes(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            return kind.get_field_index("bytes") >= 0 and holds_bytes(kind.field("bytes").type)
        return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)

    schema = file.schema_arrow
    found = [one.name for one in schema if holds_bytes(one.type)]
    usual = [name for name in NAMES if name in found]
    if usual or len(found) == 1:
        return (usual or found)[0]
    names = ", ".join(schema.names) or "none"
    if not found:
        raise FerError(
            f"{_name(path)} has no column of images (its columns: {names}): they are bytes, or "
            "structs with bytes as data sets on the Hub have them."
        )
    raise FerError(
        f"{_name(path)} has several columns that may be images ({', '.join(found)}): call the "
        "right one “image”."
    )


def _name(path: str) -> str:
    return f"The parquet file “{readable(Path(path).name)}”"


def _picture(value: object, file: str) -> bytes | FerError:
    """What a row holds: the file of a picture, or where it lies."""
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, str):
        try:
            if storage.is_address(file):
                return storage.read_photo(f"{file.rpartition('/')[0]}/{value}")
            return storage.read_photo(str(Path(file).parent / value))
        except storage.Vanished:
            raise
        except FerError as error:
            return error
    return value if isinstance(value, bytes) else FerError("The row has no image: leave it out.")
