"""From pictures to what their faces show: the one function that an engine of any kind calls.

A picture is decoded and looked through for faces by one of a few threads, which keep of it only the
faces, cut out; those of many pictures are read in common batches, those of a crowd in several.
"""

import hashlib
import json
import zlib
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice

from PIL import Image

from fer.bulk.ahead import made_ahead, mapped_ahead
from fer.bulk.items import Item
from fer.bulk.schema import Row, of_face
from fer.cores import cores
from fer.errors import NO_MEMORY, FerError
from fer.images import open_image
from fer.recognizer import Cut, Recognizer
from fer.video import DETECTION_SIDE

WORKERS = cores()  # pictures that are decoded at the same time
READ_AHEAD = 8  # files
FOUND_AHEAD = 16 + WORKERS  # pictures
FACES_AT_ONCE = 16
RECENT = 512  # pictures whose answers are remembered as they are, for files that are there twice
REMEMBERED = 16_000_000  # bytes of those before, packed: of about 20,000 pictures
ENTRY = 300  # bytes that each takes besides

Key = tuple[str, float | None]  # digest, and by how much a film's picture was shrunk


@dataclass(eq=False)
class Answer:
    """What one item shows: of each face what a row says of it, or an error.

    While it is made, `item` has the picture, `cuts` the faces that are still to be read, and `same`
    is the answer that another item gets for the same picture.
    """

    item: Item
    sha256: str | None = None
    faces: list[Row] = field(default_factory=list)
    error: str | None = None
    cuts: list[Cut] = field(default_factory=list, repr=False)
    same: "Answer | None" = field(default=None, repr=False)
    done: bool = False


def answers(
    items: Iterable[Item], recognizer: Recognizer, aligned: bool, together: int
) -> Generator[Answer, None, None]:
    """What each item shows, in the order of the items.

    `aligned` says that pictures are face crops already. Bad pictures become answers with an error;
    what is raised while the items are made is raised here. No batch of faces has some from before
    and some from after each `together` items.
    """
    with ThreadPoolExecutor(WORKERS) as threads:
        reading = made_ahead(_each_once(items), READ_AHEAD)
        find = partial(_find, recognizer=recognizer, aligned=aligned)
        found = mapped_ahead(find, reading, threads, FOUND_AHEAD)
        try:
            for first in found:
                yield from _read(chain([first], islice(found, together - 1)), recognizer)
        finally:
            found.close()
            reading.close()


def _each_once(items: Iterable[Item]) -> Iterator[Answer]:
    """An empty answer for each item, which knows of another for the same picture."""
    recent: OrderedDict[Key, Answer] = OrderedDict()
    before = _Packed()
    for item in items:
        if isinstance(item.picture, FerError):
            yield Answer(_without_picture(item), error=str(item.picture), done=True)
            continue
        data = item.picture if isinstance(item.picture, bytes) else item.picture.tobytes()
        sha256 = hashlib.sha256(data).hexdigest()
        key = (sha256, item.frame.scale if item.frame else None)
        answer = Answer(item, sha256, same=recent.pop(key, None))
        if answer.same is None:
            before.take(key, answer)
        if answer.same is not None or answer.done:
            answer.item = _without_picture(item)
        recent[key] = answer.same or answer
        if len(recent) > RECENT:
            before.put(*recent.popitem(last=False))
        yield answer


class _Packed:
    """Answers by their picture, in so many bytes; the oldest go first."""

    def __init__(self) -> None:
        self._packed: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0

    def put(self, key: Key, answer: Answer) -> None:
        """One more, if it is made."""
        if not answer.done:
            return
        packed = zlib.compress(json.dumps([answer.faces, answer.error]).encode(), 1)
        self._packed[key] = packed
        self._bytes += ENTRY + len(packed)
        while self._bytes > REMEMBERED:
            self._bytes -= ENTRY + len(self._packed.popitem(last=False)[1])

    def take(self, key: Key, answer: Answer) -> None:
        """Make an answer what is remembered of its picture."""
        packed = self._packed.pop(key, None)
        if packed is not None:
            self._bytes -= ENTRY + len(packed)
            answer.faces, answer.error = json.loads(zlib.decompress(packed))
            answer.done = True


def _find(answer: Answer, recognizer: Recognizer, aligned: bool) -> Answer:
    """Fill in the faces to be read, or the error, and let go of the picture."""
    item, answer.item = answer.item, _without_picture(answer.item)
    if answer.same is not None or answer.done:
        return answer
    try:
        photo = open_image(item.picture)  # type: ignore[arg-type]
        answer.cuts = [recognizer.cut(photo)] if aligned else _faces_in(photo, item, recognizer)
    except FerError as error:
        answer.error = str(error)
    except MemoryError:
        answer.error = f"The photo {NO_MEMORY}"
    return answer


def _faces_in(photo: Image.Image, item: Item, recognizer: Recognizer) -> list[Cut]:
    side = DETECTION_SIDE if item.frame else None
    return [recognizer.cut(photo, face) for face in recognizer.detector(photo, side)]


def _read(found: Iterable[Answer], recognizer: Recognizer) -> Iterator[Answer]:
    """The answers with their faces read."""
    waiting: list[Answer] = []
    faces = 0
    for answer in found:
        waiting.append(answer)
        faces += len(answer.cuts)
        if faces >= FACES_AT_ONCE:
            yield from _all_read(waiting, recognizer)
            waiting, faces = [], 0
    yield from _all_read(waiting, recognizer)


def _all_read(waiting: list[Answer], recognizer: Recognizer) -> list[Answer]:
    """The same answers, their faces read in batches, of a crowd in several."""
    faces = [(answer, cut) for answer in waiting for cut in answer.cuts]
    for start in range(0, len(faces), FACES_AT_ONCE):
        some = faces[start : start + FACES_AT_ONCE]
        read = recognizer.read_cuts([cut for _, cut in some])
        for (answer, _), face in zip(some, read, strict=True):
            scale = answer.item.frame.scale if answer.item.frame else 1.0
            answer.faces.append(of_face(face, scale))
    for answer in waiting:
        answer.cuts = []
        if answer.same is not None:
            answer.faces, answer.error = answer.same.faces, answer.same.error
            answer.same = None
        answer.done = True
    return waiting


def _without_picture(item: Item) -> Item:
    return replace(item, picture=b"")
