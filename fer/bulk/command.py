"""fer batch INPUT… --out results.parquet: any number of photos and films into one table.

A run that was stopped, however that came, is carried on by the same command.
"""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from fer.commands import add_recognizer_options

if TYPE_CHECKING:
    from fer.bulk.cluster import Cluster
    from fer.bulk.run import Outcome

KINDS = (
    "photos, folders (with all below them), zips, parquet files or Hub data sets "
    "(hf://datasets/owner/name) with a column of images, films, patterns such as 'a/**/*.jpg', "
    "a .txt with a path a line, or - for paths on standard input"
)


def main(arguments: list[str]) -> int:
    """Run it; returns the exit code: 2 when an input could not be read, 130 when it was stopped."""
    parser = argparse.ArgumentParser(
        prog="fer batch",
        description="Emotions of every face in any number of photos and films, as one table. The "
        "same command carries on with what was stopped.",
    )
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=KINDS.replace("%", "%%"))
    parser.add_argument(
        "--out", type=Path, required=True, help="results, a .parquet, .csv or .jsonl file"
    )
    parser.add_argument(
        "--every", type=_seconds, default=0.2, help="seconds between pictures of a film (0.2)"
    )
    add_recognizer_options(parser)
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: on a worker a core, or a GPU, of a Ray cluster or of this machine",
    )
    parser.add_argument(
        "--address", help="of a Ray cluster that runs: auto, or host:port; without it one is begun"
    )
    options = parser.parse_args(arguments)
    if options.address and options.engine != "ray":
        parser.error("--address is of a Ray cluster: add --engine ray")

    import fer
    from fer.bulk.run import Job, recognize
    from fer.bulk.tables import writer
    from fer.models.bundled import default_model

    writer(options.out)  # or a wrong ending would be said only when the model is there
    job = Job(options.inputs, options.out, options.every, options.aligned)
    recognizer = fer.load(options.model or default_model())
    begun = monotonic()
    bar = _Bar()
    try:
        with _cluster(options) as cluster:
            outcome = recognize(job, recognizer, bar, cluster)
    except KeyboardInterrupt:
        bar.close()
        print("Stopped: the same command carries on.", file=sys.stderr)
        return 130
    finally:
        bar.close()
    print(closing_line(options.out, outcome, bar.read, monotonic() - begun))
    if outcome.left_out.count:
        print(
            f"Passed over as neither photos nor films: {_some(outcome.left_out.count, 'file')}, "
            f"such as {outcome.left_out.first}.",
            file=sys.stderr,
        )
    return 2 if outcome.counts["failed"] else 0


def _cluster(options: argparse.Namespace) -> "AbstractContextManager[Cluster | None]":
    if options.engine == "local":
        return nullcontext()
    from fer.bulk.cluster import joined

    return joined(options.address)


def closing_line(out: Path, outcome: "Outcome", read: int, seconds: float) -> str:
    """What a run came to, in one line; `read` pictures were read now, in so many seconds."""
    counts = outcome.counts
    line = (
        f"{out}: {_some(counts['faces'], 'face')} in {_some(counts['pictures'], 'picture')}, "
        f"{counts['without']:,} without a face, {counts['failed']:,} failed"
    )
    if outcome.was_done:
        return f"{line}. It was complete already; what is new since needs another --out."
    if not read:  # all that was left was to write them
        return f"{line}."
    return f"{line}; {read / seconds:.1f} pictures/s."


class _Bar:
    """A progress bar with rate and time left, on a terminal."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.read = 0  # pictures, by this process

    def __call__(self, done: int, total: int) -> None:
        from tqdm import tqdm  # comes with huggingface_hub

        if self.bar is None:
            self.bar = tqdm(total=total, initial=done - 1, unit=" pictures", disable=None)
        self.bar.total = max(total, done)  # of films it is an estimate
        self.bar.update()
        self.read += 1

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 3600:
        raise argparse.ArgumentTypeError("must be a number of seconds from 0.01 to 3600")
    return value
