"""Does a card say what was measured? Every difference, as a list of findings.

For a model of ours the card and its metadata are made again from `config.json`, `metrics.json` and
the weights, and compared line by line. Of any other card what can be checked is checked: sections,
links, and that the figures of its model index are also in its text.
"""

import difflib
import re
from collections.abc import Collection
from pathlib import Path

from fer.errors import FerError, ModelError
from fer.evaluation.plots import shows
from fer.models.config import GRAPH_FILE, read_config
from fer.models.graph import check_graph
from fer.models.model_folder import CARD, EnsembleFolder, ModelFolder, NetworkFolder, open_model
from model_cards.card import card_files, generated_files, title_of
from model_cards.findings import Finding, differing
from model_cards.formatting import plots
from model_cards.licences import exceeds, licence_of
from model_cards.links import broken_links
from model_cards.metadata import LIBRARY, read_metadata
from model_cards.shown import hidden, states_a_figure
from model_cards.third_party import check_third_party

SECTIONS = (
    "Use",
    "What it is for, and what not",
    "Limits",
    "Results",
    "How it was judged",
    "Training data and terms",
    "Training",
    "Licence and provenance",
    "Citation",
)


def check(path: Path, names: Collection[str] = ()) -> list[Finding]:
    """What is wrong with the card in a folder, whoever made it; an empty list where nothing is.

    `names` are files that were left on the Hub, to which the card may link too.
    """
    try:
        text = (path / CARD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return [Finding(CARD, "there is no card")]
    except UnicodeDecodeError:
        return [Finding(CARD, "it is not UTF-8 text")]
    except OSError as error:
        return [Finding(CARD, f"it cannot be read: {error.strerror}")]
    broken = broken_links(text, path, names)
    links = [Finding(CARD, f"the link to {link} is broken") for link in broken]
    if not is_ours(path, text):
        return links + check_third_party(text)
    findings = links + missing_sections(text)
    try:
        return findings + contradictions(open_model(path), text)
    except FerError as error:
        return [*findings, Finding("the folder", str(error))]


def require_good_card(folder: ModelFolder) -> None:
    """Raise `ModelError` with the first finding, if there is any."""
    if findings := [finding for finding in check(folder.path) if finding.wrong]:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise ModelError(
            f"The card of {folder.path} is not right: {findings[0]}{more}. "
            f"Make it again: python -m model_cards {folder.path}."
        )


def is_ours(path: Path, text: str) -> bool:
    """Whether this project made the model: the card or the configuration tells, so that neither
    alone can be changed to be looked at less closely."""
    try:
        return bool(read_config(path))
    except ModelError:
        return LIBRARY in text.split("\n---", 1)[0]


def contradictions(folder: NetworkFolder | EnsembleFolder, text: str) -> list[Finding]:
    """Where a model's card is not what its figures, its weights and its members give."""
    findings = differences(folder, text)
    if isinstance(folder, EnsembleFolder):
        findings += conflicts(folder)
    elif folder.config.graph:
        try:
            check_graph(folder)
        except FerError as error:
            findings.append(Finding(GRAPH_FILE, str(error)))
    return findings


def differences(folder: ModelFolder, text: str) -> list[Finding]:
    """Lines of the card and its result files that the figures do not give, and stale pictures."""
    # On the Hub and in its cache the folder has another name than where the card was written.
    right = card_files(folder, title_of(text))
    card = right.pop(CARD)
    findings = compare_lines(text, card, CARD) + hidden(text, card)
    files = generated_files(folder)
    present = {path.relative_to(folder.path).as_posix() for path in files}
    for name in sorted(present | right.keys()):
        path = folder.path / name
        found = path.read_text("utf-8", errors="replace") if name in present else ""
        findings += compare_lines(found, right.get(name, ""), name)
    for split, figures in folder.metrics.items():
        for plot in plots(split, figures):
            if not shows(folder.path / plot.path, split, figures):
                findings.append(Finding(plot.path, "it was not drawn of these figures"))
    return findings


def compare_lines(found: str, expected: str, name: str) -> list[Finding]:
    """Each line that is not as it should be.

    Added prose is welcome, as long as it states no figure, but it is listed, for nobody has checked
    it; in metadata nothing is.
    """
    findings = []
    lines, right = found.splitlines(), expected.splitlines()
    prose = lines.index("---", 1) if name == CARD and "---" in lines[1:] else len(lines)
    places = difflib.SequenceMatcher(None, lines, right, autojunk=False).get_opcodes()
    for kind, a, b, c, d in places:
        if kind == "equal":
            continue
        own, wanted = lines[a:b], right[c:d]
        if len(own) == len(wanted):
            for number, pair in enumerate(zip(own, wanted, strict=True), a + 1):
                findings.append(Finding(f"{name}, line {number}", *differing(*pair)))
        elif wanted:
            says = " / ".join(own) or "nothing"
            findings.append(Finding(f"{name}, line {a + 1}", says, " / ".join(wanted)))
        else:
            for number, line in enumerate(own, a + 1):
                wrong = number <= prose + 1 or states_a_figure(line)
                if wrong or line.strip():
                    said = f"“{line}” comes from nowhere" if wrong else f"“{line}”"
                    findings.append(Finding(f"{name}, line {number}", said, wrong=wrong))
    return findings


def missing_sections(text: str) -> list[Finding]:
    """Required sections that are not there or show nothing."""
    shown = re.sub(r"<!--.*?(-->|\Z)", "", text, flags=re.DOTALL)
    parts = re.split(r"^## (.+)$", shown, flags=re.MULTILINE)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [
        Finding(CARD, f"the section “{name}” is {'empty' if name in bodies else 'missing'}")
        for name in SECTIONS
        if not bodies.get(name, "").strip()
    ]


def conflicts(ensemble: EnsembleFolder) -> list[Finding]:
    """Members whose licence is not on their own card, or stricter than the ensemble's card says."""
    findings = []
    ours = stated_licence(ensemble)
    for member in ensemble.members:
        licence = licence_of(member)
        if stated_licence(member) != licence.metadata:
            said = f"the card of {member.name} does not state its licence"
            findings.append(Finding("licence", said, licence.id))
        if exceeds(licence, ours):
            said = f"the ensemble’s card says {ours.get('license')}"
            findings.append(Finding("licence", f"{member.name} is under {licence.id}, {said}"))
    return findings


def stated_licence(folder: ModelFolder) -> dict[str, str]:
    """What the metadata of a folder's card says of its licence."""
    try:
        data = read_metadata(folder.card.read_text(encoding="utf-8")).to_dict()
    except (OSError, ValueError):
        return {}
    return {key: data[key] for key in ("license", "license_name", "license_link") if key in data}
