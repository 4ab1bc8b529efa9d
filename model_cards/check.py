"""Does a card say what was measured? Every difference, as a list of findings.

For a model folder of ours the card and its metadata are made again from `config.json`,
`metrics.json` and the weights, and compared line by line. Of any other card what can be checked is
checked: sections, links, and that the figures of its model index are also in its text.
"""

import difflib
import re
from pathlib import Path

import yaml
from huggingface_hub import ModelCard

from fer.ensemble import is_ensemble
from fer.errors import FerError, ModelError
from fer.folder import CONFIG
from model_cards.card import (
    CARD,
    checked_metrics,
    members_of,
    model_context,
    render,
    title_of,
)
from model_cards.metadata import eval_files

SECTIONS = (
    "Use",
    "What it is for, and what not",
    "Training data and terms",
    "Training",
    "How it was judged",
    "Results",
    "Limits",
    "Licence and provenance",
    "Citation",
)
# What a card of someone else should at least have, by words that its headings may use.
WANTED = {
    "use": ("use", "usage", "how to"),
    "limits": ("limit", "bias", "risk"),
    "training data": ("training", "data"),
    "results": ("result", "evaluation", "performance"),
}


def check(folder: Path) -> list[str]:
    """What is wrong with a folder's card; an empty list where nothing is."""
    path = folder / CARD
    if not path.is_file():
        return [f"there is no card: {CARD} is missing"]
    text = path.read_text(encoding="utf-8")
    findings = broken_links(text, folder)
    if (folder / CONFIG).is_file() and "fer-toolkit" in text.split("\n---", 1)[0]:
        return findings + missing_sections(text) + differences(folder, text) + conflicts(folder)
    return findings + foreign(text)


def differences(folder: Path, text: str) -> list[str]:
    """Lines of the card and its result files that the figures do not give."""
    # On the Hub and in its cache the folder has another name than where the card was written.
    try:
        expected, splits = render(folder, title_of(text)), checked_metrics(folder)
    except FerError as error:
        return [str(error)]
    findings = compare_lines(text, expected, CARD)
    for name, content in eval_files(splits).items():
        path = folder / ".eval_results" / name
        found = path.read_text(encoding="utf-8") if path.is_file() else ""
        findings += compare_lines(found, content, f".eval_results/{name}")
    return findings


def compare_lines(found: str, expected: str, name: str) -> list[str]:
    """Each line that is not as it should be. Added prose is welcome, as long as it has no digit."""
    findings = []
    lines, right = found.splitlines(), expected.splitlines()
    places = difflib.SequenceMatcher(None, lines, right, autojunk=False).get_opcodes()
    for kind, a, b, c, d in places:
        if kind == "equal":
            continue
        own, wanted = lines[a:b], right[c:d]
        if wanted:
            says = " / ".join(own) or "nothing"
            findings.append(
                f"{name}, line {a + 1}: says {says!r}, should be {' / '.join(wanted)!r}"
            )
        elif any(re.search(r"\d", line) for line in own):
            findings.append(f"{name}, line {a + 1}: {' / '.join(own)!r} has figures from nowhere")
    return findings


def missing_sections(text: str) -> list[str]:
    """Required sections that are not there or have nothing in them."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [
        f"the section “{section}” is {'empty' if section in bodies else 'missing'}"
        for section in SECTIONS
        if not bodies.get(section, "").strip()
    ]


def broken_links(text: str, folder: Path) -> list[str]:
    """Links to files that are not there."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", text)
    return [f"the link to {link} is broken" for link in links if not (folder / link).exists()]


def conflicts(folder: Path) -> list[str]:
    """Members whose own card has a licence stricter than the ensemble's card gives."""
    if not is_ensemble(folder):
        return []
    findings = []
    stated = ModelCard.load(folder / CARD).data.to_dict()
    for member in members_of(folder):
        licence = model_context(member.folder)["licence"]
        ours = (stated.get("license"), stated.get("license_name"))
        card = member.folder / CARD
        own = ModelCard.load(card).data.to_dict() if card.is_file() else {}
        if (own.get("license"), own.get("license_name")) != (licence.id, licence.name):
            findings.append(f"the card of {member.name} does not state its licence, {licence.id}")
        if licence.rank > 1 and ours[0] == "other" and licence.id != "other":
            findings.append(
                f"{member.name} is under {licence.id}, the ensemble’s card says {ours[0]}"
            )
    return findings


def foreign(text: str) -> list[str]:
    """What can be said of a card that this project did not make."""
    try:
        data = ModelCard(text, ignore_metadata_errors=True).data
    except (ValueError, yaml.YAMLError) as error:
        return [f"its metadata cannot be read: {error}"]
    findings = [] if data.get("license") else ["its metadata has no license"]
    headings = [h.lower() for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    for section, words in WANTED.items():
        if not any(word in heading for heading in headings for word in words):
            findings.append(f"no section on {section}")
    results = data.get("eval_results") or []
    if not results:
        findings.append("its metadata has no results, so no figure can be checked")
    body = text.split("\n---", 1)[-1]
    for result in results:
        if not _mentioned(result.metric_value, body):
            findings.append(f"{result.metric_type} {result.metric_value} is not in its text")
    return findings


def _mentioned(value: object, body: str) -> bool:
    try:
        number = float(str(value))
    except ValueError:
        return str(value) in body
    forms = {f"{number:.{digits}f}" for digits in range(5)} | {str(value)}
    forms |= {f"{100 * number:.{digits}f}" for digits in range(3)} if number <= 1 else set()
    return any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\.?\d)", body) for form in forms)


def require_good_card(folder: Path) -> None:
    """Raise `ModelError` with the first finding, if there is any."""
    if findings := check(folder):
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise ModelError(
            f"The card of {folder} is not right: {findings[0]}{more}. "
            f"Make it again: python -m model_cards {folder}."
        )
