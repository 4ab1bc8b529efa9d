"""A whole run: from the inputs to the results file, carried on where an earlier one was stopped."""

import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer.bulk.answers import Answer, answers
from fer.bulk.fatal import Begun, begun_in, one_by_one
from fer.bulk.files import write_whole
from fer.bulk.inputs import STDIN, File, LeftOut, find
from fer.bulk.items import Item, count, items
from fer.bulk.parts import Left, Progress, Run
from fer.bulk.schema import Column, Row, columns_of, description, row
from fer.bulk.spans import Span
from fer.bulk.storage import is_address
from fer.bulk.tables import Write, writer
from fer.errors import FerError, MissingExtra
from fer.faces.tracking import Tracker
from fer.models.config import CONFIG
from fer.recognizer import Recognizer
from fer.version import __version__

if TYPE_CHECKING:
    from fer.bulk.cluster import Cluster

PART = 256  # items that are kept together: what a stop can cost


@dataclass(frozen=True)
class Job:
    """What is to be done."""

    inputs: list[str]
    out: Path
    every: float = 0.2  # seconds from one picture of a film to the next
    aligned: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run came to: counts of "pictures", "faces", pictures "without" one and "failed"."""

    counts: dict[str, int]
    left_out: LeftOut
    was_done: bool = False


def recognize(
    job: Job,
    recognizer: Recognizer,
    progress: Callable[[int, int], object] | None = None,
    cluster: "Cluster | None" = None,
) -> Outcome:
    """Answer all inputs and write the results, or what is left of that to do.

    `progress` gets how many pictures are done, and about how many there are, whenever one is. A
    `cluster`'s workers answer, or else this process; either carries on with what the other began.

    Raises `FerError` for inputs, an output or an earlier run of that name that do not fit, and when
    nothing can be read or written any more; what was answered by then is kept.
    """
    write, run = writer(job.out), Run(job.out)
    with run.alone():
        return _recognize(job, recognizer, progress, cluster, write, run)


def _recognize(
    job: Job,
    recognizer: Recognizer,
    progress: Callable[[int, int], object] | None,
    cluster: "Cluster | None",
    write: Write,
    run: Run,
) -> Outcome:
    left_out = LeftOut()
    columns = columns_of(recognizer.labels.names)
    recognizer.check_columns(column.name for column in columns)
    engine = f"{recognizer.engine.name} {recognizer.engine.precision}"
    about = description(columns) | _about(
        job, recognizer, cluster.engine or engine if cluster else engine
    )
    if counts := run.open(about):
        return Outcome(counts, left_out, was_done=True)
    if run.planned() is None:
        run.plan(_counted(job, left_out))
    total = run.planned() or 0
    parts, reached = run.done()
    with begun_in(run.folder) as tries:
        died = tries.begin(f"part {parts}") > 0
        for given in _goes(job, recognizer, cluster, run, reached, tries if died else None):
            with closing(given) as found:
                while some := _noted(
                    islice(found, PART), reached.counts["pictures"], total, progress
                ):
                    run.add(parts, _rows(some, reached, about["options"], columns), reached)
                    tries.end(f"part {parts}")
                    parts += 1
                    tries.begin(f"part {parts}")
    write_whole(job.out, lambda file: write(file, run.rows(), about), run.folder)
    run.finish(about, reached.counts)
    return Outcome(reached.counts, left_out)


def _goes(
    job: Job,
    recognizer: Recognizer,
    cluster: "Cluster | None",
    run: Run,
    reached: Progress,
    tries: Begun | None,
) -> Iterator[Generator[Answer, None, None]]:
    """What answers the rest: with `tries` first a part with care, for a process died in it."""
    if cluster:
        yield cluster.answers(run.left(reached), recognizer, job.every, job.aligned)
        return
    if tries:
        spans = (Span(line, file, skip, None) for line, file, skip, _ in run.left(reached))
        yield one_by_one(spans, job.every, recognizer, job.aligned, tries, PART)
    yield answers(_items(run.left(reached), job.every), recognizer, job.aligned, PART)


def _about(job: Job, recognizer: Recognizer, engine: str) -> dict[str, Any]:
    """What a run is, for its record and the metadata of its results."""
    as_named = (STDIN, *filter(is_address, job.inputs))
    options = {
        "inputs": [one if one in as_named else str(Path(one).absolute()) for one in job.inputs],
        "every": job.every,
        "aligned": job.aligned,
        "model": recognizer.name,
        "model_revision": revision(recognizer),
        "engine": engine,
        "version": __version__,
    }
    # The folder that relative names are meant from.
    return {"options": options, "folder": str(Path.cwd())}


def revision(recognizer: Recognizer) -> str:
    """A model's commit on the Hub, or the SHA-256 of all that says how a local one answers."""
    folder = recognizer.folder
    if folder.commit:
        return folder.commit
    settings = [(one.path / CONFIG).read_bytes() for one in (folder, *folder.networks)]
    return hashlib.sha256(repr((settings, sorted(folder.weights().items()))).encode()).hexdigest()


def _counted(job: Job, left_out: LeftOut) -> Iterator[tuple[File, int]]:
    """All files with about how many pictures they have; raises `FerError` where there are none."""
    none = True
    for file in find(job.inputs, left_out):
        none = False
        try:
            pictures = count(file, job.every)
        except MissingExtra:
            raise
        except FerError:
            if file.named and len(job.inputs) == 1:
                raise
            pictures = 1  # its error, which becomes a row
        yield file, pictures
    if none:
        others = f" (files of other kinds: {left_out.count:,})" if left_out.count else ""
        raise FerError(
            f"There is nothing to read in {', '.join(job.inputs)}{others}: name photos, zips, "
            "parquet files, films or folders of them."
        )


def _items(left: Left, every: float) -> Iterator[Item]:
    """The items that are not done yet."""
    for line, file, skip, _ in left:
        for item in items(file, every, skip):
            yield replace(item, line=line)


def _noted(
    found: Iterator[Answer], done: int, total: int, progress: Callable[[int, int], object] | None
) -> list[Answer]:
    some = []
    for answer in found:
        some.append(answer)
        if progress:
            progress(done + len(some), total)
    return some


def _rows(
    some: list[Answer], reached: Progress, options: dict[str, Any], columns: tuple[Column, ...]
) -> list[Row]:
    """The rows of a part, which `reached` is moved beyond."""
    rows: list[Row] = []
    tracker = Tracker.resume(reached.tracker) if reached.tracker else Tracker()
    for answer in some:
        item = answer.item
        if item.line != reached.line:
            reached.line, reached.skip, tracker = item.line, 0, Tracker()
        tracks: list[int | None] = [None] * len(answer.faces)
        if item.frame:
            boxes = [
                [face[f"box_{at}"] for at in ("x0", "y0", "x1", "y1")] for face in answer.faces
            ]
            tracks = list(tracker(item.frame.seconds, boxes, item.frame.seen))
        rows += _rows_of(answer, tracks, options, columns)
        reached.skip += 1
        if item.last:
            reached.line, reached.skip, tracker = item.line + 1, 0, Tracker()
        kind = "failed" if answer.error is not None else "faces" if answer.faces else "without"
        reached.counts[kind] += max(1, len(answer.faces))
        reached.counts["pictures"] += 1
    reached.tracker = tracker.state()
    return rows


def _rows_of(
    answer: Answer,
    tracks: list[int | None],
    options: dict[str, Any],
    columns: tuple[Column, ...],
) -> Iterator[Row]:
    item = answer.item
    known = {
        "source": item.source,
        "item": item.item,
        "seconds": item.frame.seconds if item.frame else None,
        "image_sha256": answer.sha256,
        "error": answer.error,
        "model": options["model"],
        "model_revision": options["model_revision"],
        "version": options["version"],
    }
    if not answer.faces:
        yield row(columns, **known)
    for number, (face, track) in enumerate(zip(answer.faces, tracks, strict=True), 1):
        yield row(columns, **known, face=number, track=track, **face)
