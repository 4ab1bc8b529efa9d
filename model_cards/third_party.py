"""Other people's cards: what can be checked where only the card itself says what was measured."""

import re
import reprlib

from fer.models.model_folder import CARD
from model_cards.findings import Finding
from model_cards.metadata import read_metadata

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
    headings = [h.lower() for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    for section, words in WANTED.items():
        if not any(word in heading for heading in headings for word in words):
            findings.append(Finding(CARD, f"no section on {section}"))
    results = data.get("eval_results") or []
    if not results:
        findings.append(Finding(CARD, "its metadata has no results, so no figure can be checked"))
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    for result in results:
        if not mentioned(result.metric_value, body):
            figure = f"{_written(result.metric_type)} {_written(result.metric_value)}"
            findings.append(Finding(CARD, f"{figure} is not in its text"))
    return findings


def mentioned(value: object, body: str) -> bool:
    """Whether a text has a figure, as it is or in percent, rounded to two digits or more."""
    written = _written(value)
    try:
        figure = float(written.rstrip(" %"))
    except ValueError:
        return written in body
    for number in NUMBER.findall(body):
        digits = len(number.partition(".")[2])
        exact = written.startswith(number)  # such as a count of one digit
        if len(number.replace(".", "").lstrip("0")) < 2 and not exact:
            continue
        if any(abs(scale * figure - float(number)) <= 0.501 * 10.0**-digits for scale in (1, 100)):
            return True
    return False


def _written(value: object) -> str:
    """A value as text. YAML has lists of lists that would fill the memory if written out."""
    try:
        return value if isinstance(value, str) else reprlib.repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a huge number"
