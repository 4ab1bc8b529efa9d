"""What each process makes for itself, for what a fork copies of it is of no use to the child.

A child has none of its parent's threads. Work that is given to them is never done, and a lock that
one of them held is never released.
"""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar
from weakref import WeakSet

Made = TypeVar("Made")


class PerProcess(Generic[Made]):
    """Makes something when it is first asked for, and anew in every process forked later.

    Safe to call from several threads.
    """

    def __init__(self, make: Callable[[], Made]):
        self._make = make
        self.made: Made | None = None  # as long as nobody asked
        self._lock = threading.Lock()
        _EVERY.add(self)

    def __call__(self) -> Made:
        """This process's own."""
        with self._lock:
            if self.made is None:
                self.made = self._make()
            return self.made

    def _leave_to_the_parent(self) -> None:
        if self.made is not None:
            never_free(self.made)
        self.made = None
        self._lock = threading.Lock()


def never_free(something: object) -> None:
    """Keep something to the very end of the process, when Python frees what is left too.

    What waits for its threads to end would wait for ever in a child, where there are none.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(something))


class Gate:
    """Lets threads in together, and out before the process is forked.

    For work whose locks, out of Python's reach, the child would find locked for ever. Nobody comes
    in while a fork is waited for, so one thread may not come in twice.
    """

    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """In a child, where nobody is inside."""
        self._inside: set[int] = set()
        self._changed = threading.Condition()
        self._closed = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """What must not be under way at a fork."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._inside.add(me)
        try:
            yield
        finally:
            with self._changed:
                self._inside.discard(me)
                self._changed.notify_all()

    def close(self) -> None:
        """Wait until nobody is inside, but for this thread, which a signal may have called away."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: self._inside <= {threading.get_ident()})

    def open(self) -> None:
        """Let in who waits."""
        with self._changed:
            self._closed = False
            self._changed.notify_all()


_EVERY: WeakSet[PerProcess] = WeakSet()


def _in_the_child() -> None:
    for one in list(_EVERY):
        one._leave_to_the_parent()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks
    os.register_at_fork(after_in_child=_in_the_child)
