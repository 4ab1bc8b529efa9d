"""A run's files in pieces of about the same size, for workers that share them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from fer.bulk.inputs import HUB_FILE, File
from fer.bulk.items import Item, items
from fer.models.hub import asked


@dataclass(frozen=True)
class Span:
    """Some pictures of a file: but for the first `skip` at most so many, None for all."""

    line: int  # of the run's plan
    file: File
    skip: int
    most: int | None


def pieces(files: Iterable[tuple[int, File, int, int]], size: int) -> Iterator[list[Span]]:
    """Spans that come to at least `size` pictures, but at the end, and rarely to more.

    `files` are the line, the file, its items to skip, and about how many pictures it has. A film
    is not divided: what comes before a picture has to be decoded, and faces are followed.
    """
    piece: list[Span] = []
    pictures = 0
    for line, file, skip, count in files:
        starts = range(skip, max(count, skip + 1), size) if file.kind != "film" else [skip]
        for start in starts:
            last = start == starts[-1]  # the count is what it was when the run began
            piece.append(Span(line, file, start, None if last else size))
            pictures += count - start if last else size
            if pictures >= size:
                yield piece
                piece, pictures = [], 0
    if piece:
        yield piece


def items_of(piece: list[Span], every: float) -> Iterator[Item]:
    """The pictures of all spans; raises as `items` does."""
    for span in piece:
        for item in islice(items(here(span.file), every, span.skip), span.most):
            yield replace(item, line=span.line)


def here(file: File) -> File:
    """The same; a file on the Hub that another machine's cache has comes into this one's."""
    on_the_hub = HUB_FILE.fullmatch(file.source)
    if on_the_hub is None or Path(file.path).exists():
        return file
    from huggingface_hub import hf_hub_download

    repo, commit, name = on_the_hub.groups()
    with asked(repo, "data set", commit):
        path = hf_hub_download(repo, name, revision=commit, repo_type="dataset")
    return replace(file, path=path, root=None)
