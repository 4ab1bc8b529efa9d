"""Requests that arrive while a network is busy are answered together, in one batch."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.engines import Network

Arrays = tuple[NDArray[np.float32], ...]


@dataclass(eq=False)
class _Request:
    batch: NDArray[np.float32]
    outputs: Arrays | None = None
    error: BaseException | None = None


class SharedBatches:
    """A network whose callers, in several threads, share batches of up to `most` items.

    Nobody waits for others to come: whoever finds the network free takes along all who wait.
    """

    def __init__(self, network: Network, most: int):
        self._network = network
        self._most = most
        self._waiting: list[_Request] = []
        self._busy = threading.Lock()
        self._guard = threading.Lock()  # of the list

    def __call__(self, batch: NDArray[np.float32]) -> Arrays:
        """Items N×… to the outputs for them, N×… each."""
        mine = _Request(batch)
        with self._guard:
            self._waiting.append(mine)
        while mine.outputs is None and mine.error is None:
            with self._busy:
                if mine.outputs is None and mine.error is None:
                    self._run(self._take())
        if mine.error is not None:
            raise mine.error
        assert mine.outputs is not None
        return mine.outputs

    def _take(self) -> list[_Request]:
        """The first of those who wait, and who fits into a batch with it."""
        with self._guard:
            taken: list[_Request] = []
            size = 0
            while self._waiting and (not taken or size + len(self._waiting[0].batch) <= self._most):
                taken.append(self._waiting.pop(0))
                size += len(taken[-1].batch)
            return taken

    def _run(self, requests: list[_Request]) -> None:
        try:
            outputs = self._network(np.concatenate([one.batch for one in requests]))
        except BaseException as error:
            for one in requests:
                one.error = error
            return
        start = 0
        for one in requests:
            end = start + len(one.batch)
            one.outputs = tuple(output[start:end] for output in outputs)
            start = end
