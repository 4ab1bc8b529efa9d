"""What is wrong with a card: one finding after the other, as sentences or as a table."""

from dataclasses import dataclass

CONTEXT = 4  # words kept on either side of what differs
LONGEST = 60  # characters of a table's cell
LONGEST_SENTENCE = 300  # characters of one that runs on


@dataclass(frozen=True)
class Finding:
    """A place, what is wrong there, and what should be there where that is known.

    What is not `wrong` was added by hand, so that nobody but its reader can tell.
    """

    where: str
    found: str
    right: str = ""
    wrong: bool = True

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}" + (f", should be {self.right}" if self.right else "")
        return _short(text, LONGEST_SENTENCE)


def differing(found: str, right: str) -> tuple[str, str]:
    """The parts of two lines that differ, with a few words around them."""
    a, b = found.split(" "), right.split(" ")
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    first, last = max(start - CONTEXT, 0), max(end - CONTEXT, 0)
    return " ".join(a[first : len(a) - last]), " ".join(b[first : len(b) - last])


def table(findings: list[Finding]) -> str:
    """The findings as aligned columns; one that is a sentence runs on over the last."""
    rows = [("where", "found", "should be")]
    rows += [
        (f.where, _short(f.found, LONGEST if f.right else LONGEST_SENTENCE), _short(f.right))
        for f in findings
    ]
    first = max(len(where) for where, _, _ in rows)
    second = max(len(found) for _, found, right in rows if right)
    return "\n".join(f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in rows)


def _short(text: str, longest: int = LONGEST) -> str:
    """At most so much of a text, without what would steer a terminal."""
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(character if character.isprintable() else "?" for character in text)
