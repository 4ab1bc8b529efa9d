"""Work that is done ahead of whoever takes its results, in order and never by more than a bound."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def made_ahead(things: Iterable[T], most: int) -> Generator[T, None, None]:
    """The same things, of which up to `most` wait that a thread of its own has made already."""
    made: Queue[tuple[T | None, BaseException | None, bool]] = Queue(most)
    enough = Event()

    def put(thing: T | None, error: BaseException | None, more: bool) -> None:
        while not enough.is_set():
            try:
                return made.put((thing, error, more), timeout=0.2)
            except Full:
                continue

    def make() -> None:
        try:
            for thing in things:
                put(thing, None, True)
                if enough.is_set():
                    return
            put(None, None, False)
        except BaseException as error:  # goes on where the things are taken
            put(None, error, False)

    thread = Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            thing, error, more = made.get()
            if error is not None:
                raise error
            if not more:
                return
            yield thing  # type: ignore[misc]
    finally:
        enough.set()
        while thread.is_alive():  # it may wait for room
            try:
                made.get(timeout=0.05)
            except Empty:
                continue


def mapped_ahead(
    call: Callable[[T], R], things: Iterable[T], executor: Executor, most: int
) -> Generator[R, None, None]:
    """`call` of each thing, up to `most` of them at work or waiting, in the order of the things."""
    waiting: deque[Future[R]] = deque()
    try:
        for thing in things:
            waiting.append(executor.submit(call, thing))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
