"""Other people's cards: what can be checked where only the card itself says what was measured."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fer.models.model_folder import CARD
from model_cards.findings import Finding
from model_cards.metadata import read_metadata
from model_cards.reading import Piece, Reading, read
from model_cards.scores import METRICS, contradictory, kinds_of, written

# What a card should at least have, by words that its headings may use.
WANTED = {
    "use": ("use", "usage", "how to", "quickstart", "getting started", "example"),
    "limits": ("limit", "bias", "risk", "caveat"),
    "training data": ("training", "data"),
    "results": ("result", "evaluation", "performance", "metric", "benchmark"),
}
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


def check_third_party(text: str) -> list[Finding]:
    """What can be said of a card that this project did not make."""
    try:
        data = read_metadata(text)
    except ValueError as error:
        return [Finding(CARD, f"its metadata cannot be read: {error}")]
    findings = [] if data.get("license") else [Finding(CARD, "its metadata has no license")]
    card = read(re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL))
    findings += _sections(card)
    results = data.get("eval_results") or []
    if not results:
        findings.append(Finding(CARD, "its metadata has no results, so no figure can be checked"))
    said = _words_of(text for piece in card.pieces for text in (piece.text, *piece.about))
    for result in results:
        rivals = [one for one in results if kinds_of(one) & kinds_of(result)]
        if not any(_is_about(piece, result, rivals, said) for piece in card.pieces):
            figure = f"{written(result.metric_type)} {written(result.metric_value)}"
            findings.append(Finding(CARD, f"{figure} is not in its text, at its own place"))
    return findings + [Finding(CARD, fault) for fault in contradictory(results, card)]


def _sections(card: Reading) -> Iterator[Finding]:
    for section, words in WANTED.items():
        found = [one for one in card.sections if _names(one.title, words)]
        if not found:
            yield Finding(CARD, f"no section on {section}")
        elif all(one.empty for one in found):
            yield Finding(CARD, f"the section “{found[0].title}” says nothing")


def _names(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)


def _is_about(piece: Piece, result: Any, rivals: list[Any], said: set[str]) -> bool:
    """Whether a piece states a result's figure, and where it belongs; `said` is all the card's
    words."""
    kinds = kinds_of(result) or {""}
    places = stated(result.metric_value, piece.text)
    here = any(kinds & _named(piece, start, end) for start, end in places)
    return here and _tells_apart(piece, result, rivals, said)


def _named(piece: Piece, start: int, end: int) -> set[str]:
    """The metrics that a figure of a piece may be of: the nearest beside it, or else what the
    nearest of column, row and headings names; in a section on results where nothing does, any."""
    beside = [
        (start - match.end() if match.end() <= start else match.start() - end, kind)
        for kind, words in METRICS.items()
        for match in words.finditer(piece.text)
    ]
    if beside:
        return {min(beside)[1]}
    for text in piece.about:
        if named := {kind for kind, words in METRICS.items() if words.search(text)}:
            return named
    judged = any(_names(title, WANTED["results"]) for title in piece.about)
    return set(METRICS) | {""} if judged else set()


def _tells_apart(piece: Piece, result: Any, rivals: list[Any], said: set[str]) -> bool:
    """Whether a piece says of which of several results of one metric it is, if the card does."""
    own, here = _words(result), _words_of((piece.text, *piece.about))
    for rival in rivals:
        if rival.metric_value == result.metric_value:
            continue
        mine, others = own - _words(rival), _words(rival) - own
        if not here & mine and (said & mine or here & others):
            return False
    return True


def _words(result: Any) -> set[str]:
    """What names a result: its data, their split, and how it was averaged."""
    names = (
        *(result.dataset_name, result.dataset_type, result.dataset_config, result.dataset_split),
        *(result.metric_name, result.metric_type),
    )
    return _words_of(name for name in names if isinstance(name, str))


def _words_of(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.sub(r"[^a-z0-9+]+", " ", text.lower()).split()}


def stated(value: object, text: str) -> Iterator[tuple[int, int]]:
    """Where a text has a figure, as it is or in percent, rounded to two digits or more."""
    shown = written(value)
    try:
        figure = float(shown.rstrip(" %"))
    except ValueError:
        place = text.find(shown)
        if place >= 0:
            yield place, place + len(shown)
        return
    for match in NUMBER.finditer(text):
        number = match[0]
        digits = len(number.partition(".")[2])
        exact = shown.startswith(number)  # such as a count of one digit
        if len(number.replace(".", "").lstrip("0")) < 2 and not exact:
            continue
        if any(abs(scale * figure - float(number)) <= 0.501 * 10.0**-digits for scale in (1, 100)):
            yield match.span()
