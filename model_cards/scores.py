"""Precision, recall and F1 that cannot go together, and shares that are none."""

import math
import re
import reprlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from model_cards.reading import Reading

# How a text names a metric.
METRICS = {
    kind: re.compile(rf"(?<![a-z])({words})(?![a-z])", re.IGNORECASE)
    for kind, words in {
        "accuracy": "accuracy|acc|top[- ]?1",
        "precision": "precision|ppv",
        "recall": "recall|sensitivity|uar",
        "f1": r"f[- _]?1(?:[- _]?score)?|f[- ]?score",
        "loss": "loss",
        "auc": "auc|auroc|roc[- _]auc",
        "error": "error|mse|rmse|mae",
    }.items()
}
SHARES = ("accuracy", "precision", "recall", "f1")
OF_CLASSES = re.compile(r"class|label|categor|emotion|expression|support|samples|faces")
MEAN = re.compile(r"macro|micro|weighted|avg|average|mean|overall|total|\ball\b", re.IGNORECASE)


def kinds_of(result: Any) -> set[str]:
    """The metrics that type and name of a model index's result may mean, of `METRICS`."""
    names = [one for one in (result.metric_type, result.metric_name) if isinstance(one, str)]
    return {
        kind
        for kind, words in METRICS.items()
        if any(words.search(name.replace("_", " ")) for name in names)
    }


def contradictory(results: Sequence[Any], card: Reading) -> Iterator[str]:
    """What is wrong with the shares of a model index, and with those of the tables of a card."""
    groups: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for result in results:
        value = written(result.metric_value)
        kinds = kinds_of(result) & set(SHARES)
        if len(kinds) != 1:  # such as the mean-class accuracy, which is the mean of recall
            continue
        (kind,) = kinds
        if (share := _share(value)) is not None and not 0 <= share <= 100:
            yield f"{kind} cannot be {value}"
        mean = MEAN.findall(f"{result.metric_type} {result.metric_name}".lower())
        data = (result.dataset_name, result.dataset_config, result.dataset_split)
        groups[(*map(str, data), *sorted(mean))][kind] = value
    for scores in groups.values():
        yield from _impossible(scores, "its metadata", True)
    for row in card.rows:
        columns = {
            kind: [own for name, own in row.cells.items() if METRICS[kind].search(name)]
            for kind in SHARES
        }
        named = {kind: own[0] for kind, own in columns.items() if len(own) == 1}
        label = row.label.strip(" *")
        # A row of one class, or one of a model or a data set, whose scores are means over classes.
        one_class = any(map(OF_CLASSES.search, row.cells)) and not MEAN.search(label)
        yield from _impossible(named, f"the row “{label[:40]}”", not one_class)


def _impossible(scores: dict[str, str], where: str, mean: bool) -> Iterator[str]:
    """F1 is the harmonic mean of precision and recall. The `mean` of it over classes lies between
    P + R - 1 and the harmonic mean of their means, for that is a concave function of both."""
    values = [scores.get(kind, "") for kind in ("precision", "recall", "f1")]
    shares = [_share(value) for value in values]
    p, r, f1 = shares
    if p is None or r is None or f1 is None or not all(0 <= one <= 100 for one in (p, r, f1)):
        return
    whole = 100 if max(p, r, f1) > 1 else 1
    # They were rounded alike, but YAML writes 0.90 as 0.9.
    off = 0.51 * min(_unit(value) for value in values)
    high = _harmonic(p + off, r + off) + off
    low = (p + r - 2 * off - whole if mean else _harmonic(p - off, r - off)) - off
    if not low <= f1 <= high:
        yield f"{where}: precision {p:g}, recall {r:g} and F1 {f1:g} cannot go together"


def _harmonic(p: float, r: float) -> float:
    return 2 * max(p, 0) * max(r, 0) / (p + r) if p + r > 0 else 0.0


def written(value: object) -> str:
    """A value as text. YAML has lists of lists that would fill the memory if written out."""
    try:
        return value if isinstance(value, str) else reprlib.repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a huge number"


def _share(value: str) -> float | None:
    """The number of a cell or a metadata value."""
    try:
        share = float(value.strip(" *%"))
    except ValueError:
        return None
    return share if math.isfinite(share) else None


def _unit(value: str) -> float:
    """The last digit's worth."""
    return 10.0 ** -len(value.strip(" *%").partition(".")[2])
