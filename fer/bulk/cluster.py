"""Many processes answer, on one machine or many: Ray Data hands them pieces of the run's files.

The machine that was given the command keeps the plan and the parts, as without Ray: workers are
told which pictures to read, find them themselves, and their answers come back in order. What a
worker had in hand when it died, another one gets. Ray Data's own checkpoints would know no order.
"""

import logging
import os
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer.bulk.answers import Answer, answers
from fer.bulk.fatal import Begun, Tries, one_by_one
from fer.bulk.parts import Left
from fer.bulk.run import revision
from fer.bulk.spans import Span, items_of, pieces
from fer.bulk.storage import is_address
from fer.cores import SHARE
from fer.engines import EngineName
from fer.errors import FerError, MissingExtra
from fer.models.bundled import BUNDLES
from fer.recognizer import Recognizer, load
from fer.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa
    import ray.data

PIECE = 128  # pictures: what a worker is given at once, and may have to begin again
TOLD = 32  # answers that come back together
READER = "iter_threaded"  # what Ray Data calls the thread that fetches them
PATIENCE = 60  # seconds: more than so many answers take


@dataclass(frozen=True)
class Cluster:
    """The workers of a Ray cluster: how many fit, with so many cores each, and a GPU or none."""

    workers: int
    cores: int
    gpu: bool

    @property
    def engine(self) -> str | None:
        """What answers, where it is not what answers here."""
        return "cuda fp32" if self.gpu else None

    def answers(
        self, left: Left, recognizer: Recognizer, every: float, aligned: bool
    ) -> Generator[Answer, None, None]:
        """What each item shows, in the order of the plan.

        Raises `FerError` for what ends a run, on whichever machine, and when Ray itself stops.
        """
        import ray

        task = _Task(_model(recognizer), _engine(self, recognizer), every, aligned)
        over = -1  # the last line of the plan of which nothing more is to come
        try:
            for answer in self._told(left, task):
                if answer.item.line > over:  # after a file's end, other pieces of it are in vain
                    yield answer
                if answer.item.last:
                    over = answer.item.line
        except ray.exceptions.RayError as error:
            raise FerError(
                f"Ray stopped ({_reason(error)}): mend that, then give the same command again, "
                "which carries on."
            ) from error

    def _told(self, left: Left, task: "_Task") -> Iterator[Answer]:
        import ray.data

        data = ray.data.read_datasource(_pieces(left), override_num_blocks=1, num_cpus=0)
        told = data.map_batches(
            _Worker,
            fn_constructor_args=[task, _Tries()],
            batch_size=1,
            batch_format="numpy",
            # More when machines join, fewer when they leave: else what a lost one had in hand
            # would wait for room for ever.
            compute=ray.data.ActorPoolStrategy(min_size=1, initial_size=self.workers),
            num_cpus=self.cores,
            num_gpus=1 if self.gpu else None,
            runtime_env={"env_vars": {SHARE: str(self.cores)}},
        )
        for batch in told.iter_batches(batch_size=None, prefetch_batches=0, batch_format="numpy"):
            for some in batch["told"]:
                if isinstance(some, FerError):
                    raise some
                yield from some


@contextmanager
def joined(address: str | None) -> Iterator[Cluster]:
    """A cluster that runs, by its address, or else one of this machine's cores for the while.

    Raises `FerError` where there is none, and without Ray.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it tells nobody that it is used
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "ray") from error
    if address and address.startswith("ray://"):
        raise FerError(
            "The plan of a run is read where it is kept: give the command on a machine of the "
            "cluster, with --address auto."
        )
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise FerError(
            f"No Ray cluster answers at {address or 'this machine'} ({_reason(error)}): start one "
            "with ray up or ray start --head, or leave --address out."
        ) from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # byte: a piece is a block, and answers come back at once
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield _workers([node["Resources"] for node in ray.nodes() if node["Alive"]])
    finally:
        # A run that was stopped leaves a thread of Ray Data's that waits for the next answer. If it
        # came to that after the shutdown, Ray would end this process.
        for thread in threading.enumerate():
            if thread.name == READER:
                thread.join(PATIENCE)
        ray.shutdown()


def _workers(machines: list[dict[str, float]]) -> Cluster:
    """A worker for each GPU, with its share of the cores, or else one for each core."""
    with_gpu = [one for one in machines if one.get("GPU")]
    if not with_gpu:
        return Cluster(max(1, int(sum(one.get("CPU", 0) for one in machines))), 1, False)
    cores = max(1, int(min(one.get("CPU", 1) / one["GPU"] for one in with_gpu)))
    return Cluster(int(sum(one["GPU"] for one in with_gpu)), cores, True)


@dataclass(frozen=True)
class _Model:
    """How another machine gets the same model."""

    name: str  # of a bundle, or as `fer.load` takes it
    commit: str | None
    revision: str  # that it has to be
    version: str  # of the library


@dataclass(frozen=True)
class _Task:
    """What a worker has to know."""

    model: _Model
    engine: EngineName
    every: float
    aligned: bool


def _model(recognizer: Recognizer) -> _Model:
    folder = recognizer.folder
    bundle = next((name for name, path in BUNDLES.items() if path == folder.path), None)
    name = bundle or (folder.name if folder.commit else str(folder.path.absolute()))
    return _Model(name, folder.commit, revision(recognizer), __version__)


def _engine(cluster: Cluster, recognizer: Recognizer) -> EngineName:
    return "cuda" if cluster.gpu else recognizer.engine.name


class _Tries:
    """What workers have begun, kept by an actor that outlives them."""

    def __init__(self) -> None:
        import ray

        # Where the command was given: other machines may go.
        here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
        self._kept: Any = ray.remote(num_cpus=0, label_selector=here)(Begun).remote()

    def begin(self, what: str) -> int:
        """As `Tries` says."""
        import ray

        return int(ray.get(self._kept.begin.remote(what)))

    def end(self, what: str) -> None:
        """As `Tries` says."""
        import ray

        ray.get(self._kept.end.remote(what))


class _Worker:
    """Answers pieces of a run in a process of its own, with a model of its own."""

    def __init__(self, task: _Task, tries: Tries):
        self.task = task
        self.tries = tries
        self.recognizer: Recognizer | FerError
        try:
            self.recognizer = _loaded(task)
        except FerError as error:  # raised here, Ray would try again
            self.recognizer = error

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Lists of answers, or what ends the run."""
        if isinstance(self.recognizer, FerError):
            yield _told(self.recognizer)
            return
        try:
            found = self._answers(batch["piece"][0], self.recognizer)
            while some := list(islice(found, TOLD)):
                yield _told(some)
        except FerError as error:
            yield _told(error)

    def _answers(self, piece: list[Span], recognizer: Recognizer) -> Iterator[Answer]:
        """Those of a piece; with care where a worker had it in hand and died."""
        task, what = self.task, f"piece from {piece[0].skip} of file {piece[0].line}"
        if self.tries.begin(what):
            yield from one_by_one(piece, task.every, recognizer, task.aligned, self.tries)
        else:
            yield from answers(items_of(piece, task.every), recognizer, task.aligned, PIECE)
        self.tries.end(what)


def _told(what: list[Answer] | FerError) -> dict[str, Any]:
    cell = np.empty(1, object)
    cell[0] = what
    return {"told": cell}


def _loaded(task: _Task) -> Recognizer:
    """The model, the same as where the command was given."""
    recognizer = load(task.model.name, task.model.commit, engine=task.engine)
    own = revision(recognizer)
    if (__version__, own) != (task.model.version, task.model.revision):
        raise FerError(
            f"A worker has version {__version__} of fer with the model {own}, and here it is "
            f"{task.model.version} with {task.model.revision}: install the same on all machines."
        )
    return recognizer


def _pieces(left: Left) -> "ray.data.Datasource":
    """What is left to do, read from the plan no faster than workers take it."""
    import pyarrow as pa
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask
    from ray.data.extensions import ArrowPythonObjectArray

    size = PIECE

    class Pieces(Datasource):
        # The plan is on this machine.
        supports_distributed_reads = False  # type: ignore[assignment]

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, *_: Any, **__: Any) -> list[ReadTask]:
            return [ReadTask(self.read, BlockMetadata(None, None, None, None))]

        def read(self) -> "Iterator[pa.Table]":
            for piece in pieces(left, size):
                cell = ArrowPythonObjectArray.from_objects([[_anywhere(span) for span in piece]])
                yield pa.table({"piece": cell})

    return Pieces()


def _anywhere(span: Span) -> Span:
    """The same for a process in another folder."""
    if is_address(span.file.path):
        return span
    root = span.file.root and str(Path(span.file.root).absolute())
    file = replace(span.file, path=str(Path(span.file.path).absolute()), root=root)
    return replace(span, file=file)


def _reason(error: BaseException) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
