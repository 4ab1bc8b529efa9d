"""What each setting of `config.json` may be: with whatever passes, answers can be computed."""

import re
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

from fer.errors import ModelError
from fer.labels import EMOTIONS, MOST_LABELS

MOST_BYTES = 1_000_000  # of the file
MOST_OUTPUTS = MOST_LABELS  # of a network, whose first ones are the labels
MOST_MEMBERS = 16  # of an ensemble
LONGEST = 1000  # characters of a member's name

Rule = tuple[Callable[[Any], bool], str]  # whether a value may be, and what it has to be


def _number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _numbers(count: int, low: float, high: float) -> Callable[[Any], bool]:
    return lambda values: (
        isinstance(values, list | tuple)
        and len(values) == count
        and all(_number(value, low, high) for value in values)
    )


def _five_points(points: Any) -> bool:
    return len(points) == 5 and all(map(_numbers(2, -1, 2), points))


def _member(name: Any) -> bool:
    return _text(name) and 0 < len(name) <= LONGEST and "\0" not in name


def _sha256(value: Any) -> bool:
    return _text(value) and re.fullmatch("([0-9a-f]{64})?", value) is not None


TEXT: Rule = (_text, "text")
YES_OR_NO: Rule = (lambda value: isinstance(value, bool), "true or false")
SHA256: Rule = (_sha256, "64 hexadecimal digits")
OF_BOTH: dict[str, Rule] = {"recipe": TEXT, "library_version": TEXT, "sha256": SHA256}
OF_ENSEMBLES: dict[str, Rule] = OF_BOTH | {
    "members": (
        lambda names: len(names) <= MOST_MEMBERS and all(map(_member, names)),
        f"at most {MOST_MEMBERS} names of folders or repositories",
    ),
}
OF_NETWORKS: dict[str, Rule] = OF_BOTH | {
    "input_size": (
        lambda side: isinstance(side, int) and _number(side, 16, 512),
        "a whole number from 16 to 512",
    ),
    "mean": (_numbers(3, 0, 1), "three numbers from 0 to 1"),
    "std": (_numbers(3, 1e-3, 10), "three numbers from 0.001 to 10"),
    "frame": (_five_points, "five points of two numbers from -1 to 2"),
    "temperature": (lambda value: _number(value, 0.01, 100), "a number from 0.01 to 100"),
    "grey": YES_OR_NO,
    "mirror": YES_OR_NO,
    "training_data": (lambda data: all(map(_text, astuple(data))), "texts"),
    "graph": (lambda graph: graph is None or all(map(_sha256, astuple(graph))), SHA256[1]),
}


def check_settings(path: Path, config: Any, rules: dict[str, Rule]) -> None:
    """Raise `ModelError` for a setting, read from `path`, that breaks its rule."""
    for name, (may_be, what) in rules.items():
        if not may_be(getattr(config, name)):
            raise ModelError(f"{path} has a setting {name} that cannot be: it must be {what}.")


def check_outputs(path: Path, outputs: tuple[Any, ...], labels: tuple[str, ...]) -> None:
    """Raise `ModelError` unless outputs are the labels, and maybe some of them again."""
    known = len(outputs) <= MOST_OUTPUTS and all(name in labels for name in outputs)
    if not known or outputs[: len(labels)] != labels:
        own = "the seven emotions" if labels == EMOTIONS else "the labels"
        raise ModelError(
            f"{path} has a setting outputs that cannot be: it must be {own} in order and at most "
            f"{MOST_OUTPUTS - len(labels)} of them again."
        )
