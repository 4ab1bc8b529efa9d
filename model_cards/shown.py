"""What a card shows when it is rendered: is all that the generator wrote still there to be seen?

Lines may all be in the file and yet be hidden, by a comment, an element of HTML, a code block or a
formula around them; and prose beside them may state figures in words.
"""

import re

from markdown_it import MarkdownIt

from fer.models.model_folder import CARD
from model_cards.findings import Finding

NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million dozen half thirds quarter quarters percent percentage"
)
IN_WORDS = re.compile(
    rf"%|‰|\bper cent\b|\b(a|one) third\b|\b({'|'.join(NUMBERS.split())})\b", re.IGNORECASE
)


def states_a_figure(line: str) -> bool:
    """Whether a text has a number, in digits of any kind or in words."""
    return any(one.isnumeric() for one in line) or bool(IN_WORDS.search(line))


def hidden(found: str, right: str) -> list[Finding]:
    """What a card has in its file and does not show as the generator meant it."""
    shown, meant = _blocks(found), _blocks(right)
    there = set(found.splitlines())
    findings = [
        Finding(CARD, f"“{text}” is in the file, but not shown as it should be")
        for (kind, text), lines in meant.items()
        if (kind, text) not in shown and kind != "html" and there.issuperset(lines)
    ]
    findings += [
        Finding(CARD, f"a formula, which may hide what is behind it: “{line}”")
        for line in there - {*right.splitlines()}
        if line.lstrip().startswith("$$")
    ]
    return findings + [
        Finding(CARD, f"HTML, which may hide what is around it: “{' '.join(text.split())}”")
        for kind, text in shown
        if kind == "html" and (kind, text) not in meant
    ]


def _blocks(text: str) -> dict[tuple[str, str], list[str]]:
    """The blocks of a card's text, each with what it is ("h2", "p", "td", "code" or "html"), and
    the lines that it is made of."""
    body = text.split("\n---\n", 1)[-1]
    lines = body.splitlines()
    blocks: dict[tuple[str, str], list[str]] = {}
    kind, own = "", lines
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        own = lines[slice(*token.map)] if token.map else own
        if token.type == "inline":
            blocks[kind, token.content] = own
            for one in token.children or ():
                if one.type == "html_inline":
                    blocks["html", one.content] = own
        elif token.content:
            blocks["html" if token.type == "html_block" else "code", token.content] = own
        elif token.nesting == 1:
            kind = token.tag
    return blocks
