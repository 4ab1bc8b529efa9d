"""Anybody's card, read as its readers see it: sections, tables, and what each figure is about."""

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

# A line that says only that there is nothing yet, such as the Hub's template has.
PLACEHOLDER = re.compile(
    r"more information needed|^\W*(to ?do|tbd|n/?a|none|coming soon|to be (added|done))\W*$",
    re.IGNORECASE,
)
LABEL = re.compile(r"^[\s*_-]*[^*_:]+:[\s*_]*")  # of a line such as “**Developed by:** …”


@dataclass(frozen=True)
class Piece:
    """A text that may state figures, and what says of what they are, nearest first: the heading of
    a table's column, the other cells of the row, the headings above."""

    text: str
    about: tuple[str, ...]


@dataclass
class Section:
    """A heading, and the lines below it and below the headings under it."""

    level: int
    title: str
    lines: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether it says nothing, or only that there is nothing yet."""
        return all(_says_nothing(line) for line in self.lines)


@dataclass(frozen=True)
class Row:
    """A row of a table by the headings of its columns, in lower case."""

    label: str
    cells: dict[str, str]


@dataclass
class Reading:
    """What a card shows."""

    sections: list[Section] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def read(text: str) -> Reading:
    """The sections, texts and tables of a card's body, a Markdown text without metadata."""
    reading = Reading()
    above: list[Section] = []
    header: list[str] = []
    row: list[str] = []
    tag = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        tag = token.tag if token.nesting == 1 else tag
        if token.type == "thead_open":
            header = []
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row:
            _add_row(reading, header, row, above)
        elif token.type == "inline" and re.fullmatch(r"h\d", tag):
            level = int(tag[1])
            above = [*(own for own in above if own.level < level), Section(level, token.content)]
            reading.sections.append(above[-1])
        elif token.type == "inline" and tag in ("th", "td"):
            (header if tag == "th" else row).append(token.content)
        elif token.content and not token.content.startswith("<!--"):
            _add_lines(reading, token, above)
    return reading


def _add_row(reading: Reading, header: list[str], row: list[str], above: list[Section]) -> None:
    for section in above:
        section.lines += row
    cells = {name.lower(): own for name, own in zip(header, row, strict=False)}
    reading.rows.append(Row(row[0], cells))
    for column, cell in enumerate(row):
        others = " | ".join(row[:column] + row[column + 1 :])
        reading.pieces.append(Piece(cell, (header[column], others, *_titles(above))))


def _add_lines(reading: Reading, token: Token, above: list[Section]) -> None:
    text = re.sub(r"<[^>]*>", " ", token.content) if token.type == "html_block" else token.content
    for section in above:
        section.lines += text.splitlines()
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.!?;])\s+", line):
            reading.pieces.append(Piece(sentence, _titles(above)))


def _titles(above: list[Section]) -> tuple[str, ...]:
    """The headings above, the nearest first."""
    return tuple(section.title for section in reversed(above))


def _says_nothing(line: str) -> bool:
    said = LABEL.sub("", line, count=1) if "**" in line else line
    return not said.strip() or bool(PLACEHOLDER.search(said))
