"""Runs of `fer batch` that are killed at random moments and carried on, beside one that is not."""

import argparse
import random
import signal
import subprocess
import time
from pathlib import Path

from benchmarks import bulk_inputs
from benchmarks.bulk import command

DONE = (0, 2)  # exit codes of a run that is whole; some of the pictures are bad


def killed(folder: Path, options: argparse.Namespace) -> bool:
    """Print a line a run; whether all came to the table of the one that nothing stopped.

    Each is killed once or twice, at any moment.
    """
    data = bulk_inputs.mixed(folder / "inputs", options.count)
    whole = folder / "whole.csv"
    begun = time.perf_counter()
    _finish(command(data, whole, options.model))
    length = time.perf_counter() - begun
    table = _sorted(whole)
    print(f"undisturbed: {len(table) - 1:,} rows in {length:.1f} s; seed {options.seed}")
    chance, same = random.Random(options.seed), 0
    for number in range(options.runs):
        out = folder / f"killed-{number}.csv"
        words, said = command(data, out, options.model), list[str]()
        while len(said) < 1 + number % 2:  # every other run is killed twice
            moment = chance.uniform(0, length)
            if _killed_after(moment, words):
                parts = len(list(out.with_name(f"{out.name}.parts").glob("part-*")))
                said.append(f"{moment:.1f} s, {parts} parts")
            else:  # it was done before
                length = moment
                for path in folder.glob(f"{out.name}*"):
                    path.unlink()
                said = []
        _finish(words)
        is_same = _sorted(out) == table
        same += is_same
        verdict = "the same table" if is_same else "ANOTHER table"
        print(f"run {number + 1}: killed after {'; '.join(said)}: {verdict}")
    print(f"{same} of {options.runs} killed and resumed runs come to the same table, byte by byte")
    return same == options.runs


def _killed_after(seconds: float, words: list[str]) -> bool:
    """Kill a run, unless it is done before."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait() == -signal.SIGKILL


def _finish(words: list[str]) -> None:
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in DONE:
        raise AssertionError(done.stderr)


def _sorted(out: Path) -> list[bytes]:
    return sorted(out.read_bytes().splitlines())
