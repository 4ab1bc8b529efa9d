"""What a run has done so far, in a folder beside its results: the plan, and parts that are whole.

    results.parquet.json      what the run is: options, model, schema; whether it is done
    results.parquet.lock      while a process is at it
    results.parquet.parts/    while it runs, and gone when it is done
        plan.jsonl            the files, one a line, as they were found at the start
        part-000000.jsonl     rows, below a line that says where the next part begins

A part gets its name when it is on the disk, so the parts that are there are what is done.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout  # come with huggingface_hub

from fer.bulk.files import write_whole
from fer.bulk.inputs import File
from fer.bulk.schema import Row
from fer.errors import FerError

RUN = "fer.run/1"


@dataclass
class Progress:
    """How far a run is: the next item, what it knows of the film that it is in, and counts."""

    line: int = 0  # of the plan
    skip: int = 0  # items of that file that are done
    tracker: dict[str, Any] | None = None
    counts: dict[str, int] = field(
        default_factory=lambda: {"pictures": 0, "faces": 0, "without": 0, "failed": 0}
    )


@dataclass(frozen=True)
class Left:
    """The files of a plan from a line on, the first of them but for the items that are done."""

    plan: Path
    line: int
    skip: int

    def __iter__(self) -> Iterator[tuple[int, File, int, int]]:
        """Line, file, items of it to skip, and about how many pictures it has."""
        skip = self.skip
        with self.plan.open(encoding="utf-8") as lines:
            for number, line in enumerate(islice(lines, 1 + self.line, None), self.line):
                values = json.loads(line)
                pictures = values.pop("pictures")
                yield number, File(**values), skip, pictures
                skip = 0


class Run:
    """A run on the disk, from the name of its results."""

    def __init__(self, out: Path):
        self.out = out
        self._record = out.with_name(f"{out.name}.json")
        self._folder = out.with_name(f"{out.name}.parts")
        self._plan = self._folder / "plan.jsonl"

    def open(self, about: dict[str, Any]) -> dict[str, Any] | None:
        """Begin or carry on with a run of this description; what it came to if it is done.

        Raises `FerError` where another one has this name, or where nothing can be written.
        """
        if self._record.exists():
            before = self._read_record()
            if before.get("done") and self.out.exists():
                self._check_same(before, about)
                self._clear()
                return before["done"]
            if not before.get("done") and self._plan.exists():
                self._check_same(before, about)
                return None
            self._clear()
        elif self.out.exists():
            raise FerError(
                f"{self.out} exists and is of no run of fer batch: choose another name for --out."
            )
        try:
            self.out.parent.mkdir(parents=True, exist_ok=True)
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise FerError(
                f"{self.out} cannot be written ({error.strerror}): choose another place for --out."
            ) from error
        self._write_record(about)
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from this run; raises `FerError` where one is at it.

        Where none can be locked out nothing can be written either, or the drive knows no locks.
        """
        path = self.out.with_name(f"{self.out.name}.lock")
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except (OSError, NotImplementedError) as error:
            if isinstance(error, Timeout) and path.exists():
                raise FerError(
                    f"Another process is at work on {self.out}: wait until it is done, or stop it "
                    "and give the same command again, which carries on."
                ) from error
        try:
            yield
        finally:
            if lock.is_locked:
                with suppress(OSError):  # Windows erases no file that is open
                    path.unlink()
                lock.release()

    def planned(self) -> int | None:
        """About how many pictures there are, None while there is no plan."""
        if not self._plan.exists():
            return None
        with self._plan.open(encoding="utf-8") as lines:
            return int(json.loads(next(lines))["pictures"])

    def plan(self, files: Iterable[tuple[File, int]]) -> None:
        """Keep the files, each with about how many pictures it has."""
        self._folder.mkdir(exist_ok=True)
        total = 0

        def write(file: BinaryIO) -> None:
            nonlocal total
            file.write(_line({"pictures": 0}).ljust(64) + b"\n")
            for one, pictures in files:
                file.write(_line({**asdict(one), "pictures": pictures}) + b"\n")
                total += pictures
            file.seek(0)
            file.write(_line({"pictures": total}).ljust(64))

        try:
            write_whole(self._plan, write)
        except FerError:  # of the inputs too: nothing is begun that would be in the way
            self._clear()
            self._record.unlink(missing_ok=True)
            raise

    def left(self, reached: Progress) -> "Left":
        """The files that are not done yet."""
        return Left(self._plan.absolute(), reached.line, reached.skip)

    def add(self, number: int, rows: list[Row], then: Progress) -> None:
        """Keep a part, after which the run is as far as `then`."""
        header = {"rows": len(rows), **asdict(then)}

        def write(file: BinaryIO) -> None:
            for one in (header, *rows):
                file.write(_line(one) + b"\n")

        write_whole(self._part(number), write)

    def done(self) -> tuple[int, Progress]:
        """How many parts there are, and how far they reach."""
        parts = next(n for n in count() if not self._part(n).exists())
        if parts == 0:
            return 0, Progress()
        header, _ = self._read_part(parts - 1)
        header.pop("rows")
        return parts, Progress(**header)

    def rows(self) -> Iterator[Row]:
        """All rows of all parts."""
        for number in range(self.done()[0]):
            yield from self._read_part(number)[1]

    def finish(self, about: dict[str, Any], counts: dict[str, int]) -> None:
        """Say that the results are whole, and drop the parts."""
        self._write_record(about | {"done": counts})
        self._clear()

    @property
    def folder(self) -> Path:
        """Where what is not whole yet may lie."""
        return self._folder

    def _part(self, number: int) -> Path:
        return self._folder / f"part-{number:06}.jsonl"

    def _read_part(self, number: int) -> tuple[dict[str, Any], list[Row]]:
        path = self._part(number)
        try:
            header, *rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            if len(rows) != header["rows"]:
                raise ValueError("rows are missing")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FerError(
                f"{path} is damaged: delete it, then give the same command again, which makes it "
                "anew."
            ) from error
        return header, rows

    def _read_record(self) -> dict[str, Any]:
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._not_ours() from error
        if not isinstance(record, dict) or record.get("run") != RUN:
            raise self._not_ours()
        return record

    def _not_ours(self) -> FerError:
        return FerError(f"{self._record} is of no run of fer batch: choose another name for --out.")

    def _write_record(self, about: dict[str, Any]) -> None:
        text = json.dumps({"run": RUN, **about}, indent=2) + "\n"
        write_whole(self._record, lambda file: file.write(text.encode()))

    def _check_same(self, before: dict[str, Any], about: dict[str, Any]) -> None:
        for what, now in about["options"].items():
            then = before["options"].get(what)
            if then != now:
                raise FerError(
                    f"{self.out} was begun with {what} {_said(then)}, and now it is {_said(now)}: "
                    "give the same, or another name for --out."
                )

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode("ascii")


def _said(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return f"{', '.join(value[:3])}{' …' if len(value) > 3 else ''}"
