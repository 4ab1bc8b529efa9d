"""Pictures at which the process that reads them dies, as for want of memory: found, and left out.

What was begun and never ended is on record. Where a process died in a part or a piece, that one is
read again picture by picture, so that the next death has one picture to it.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Protocol

from fer.bulk.answers import Answer, answers
from fer.bulk.inputs import File
from fer.bulk.items import Item, items
from fer.bulk.spans import Span, here
from fer.errors import FerError, ImageError, VideoError
from fer.recognizer import Recognizer

DEATHS = 2  # of a process that had this one picture in hand: one of them may be by chance


class Tries(Protocol):
    """What was begun and not ended."""

    def begin(self, what: str) -> int:
        """Begin something; how often that was before, without an end."""

    def end(self, what: str) -> None:
        """It went well."""


class Begun:
    """The same, in a file where one is given, which outlives the process."""

    def __init__(self, path: Path | None = None):
        self._path = path
        self._begun: dict[str, int] = {}
        if path is not None:
            with suppress(OSError, ValueError):  # without it a death more is needed
                self._begun = json.loads(path.read_text("utf-8"))

    def begin(self, what: str) -> int:
        """As `Tries` says."""
        before = self._begun.get(what, 0)
        self._begun[what] = before + 1
        self._keep()
        return before

    def end(self, what: str) -> None:
        """As `Tries` says."""
        self._begun.pop(what, None)
        self._keep()

    def _keep(self) -> None:
        """Write the file; it need not be on the disk, for the system outlives the process."""
        if self._path is not None:
            with suppress(OSError):
                self._path.write_text(json.dumps(self._begun), "utf-8")


@contextmanager
def begun_in(folder: Path) -> Iterator[Begun]:
    """The record of a run, which goes when the process ends in any other way than dying."""
    path = folder / "begun.json"
    try:
        yield Begun(path)
    finally:
        with suppress(OSError):
            path.unlink()


def one_by_one(
    spans: Iterable[Span],
    every: float,
    recognizer: Recognizer,
    aligned: bool,
    tries: Tries,
    most: int | None = None,
) -> Generator[Answer, None, None]:
    """What `answers` gives, at `most` so many; of a picture at which processes died an error."""
    yield from islice(_each(spans, every, recognizer, aligned, tries), most)


def _each(
    spans: Iterable[Span], every: float, recognizer: Recognizer, aligned: bool, tries: Tries
) -> Iterator[Answer]:
    for span in spans:
        found = items(here(span.file), every, span.skip)
        numbers = count(span.skip) if span.most is None else range(span.skip, span.skip + span.most)
        for number in numbers:
            what = f"picture {number} of file {span.line}"
            fatal = tries.begin(what) >= DEATHS
            item = _left_out(span.file, found) if fatal else next(found, None)
            given = [] if item is None else [replace(item, line=span.line)]
            answered = list(answers(given, recognizer, aligned, 1))
            tries.end(what)
            yield from answered
            if item is None or item.last:
                break


def _left_out(file: File, found: Iterator[Item]) -> Item | None:
    """The next item, with an error for its picture; of a film, which may die of decoding, all."""
    if file.kind == "film":
        said = "copy it again, or export it as MP4."
        error: FerError = VideoError(f"Reading the film from here on ended the process: {said}")
        return Item(file.source, None, error, last=True)
    item = next(found, None)
    if item is None or isinstance(item.picture, FerError):
        return item
    error = ImageError("Reading the photo ended the process: leave it out, or save it again.")
    return replace(item, picture=error)
