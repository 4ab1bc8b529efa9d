"""The links of a Markdown text that lead to files, not to other hosts."""

import posixpath
import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[#/]", re.IGNORECASE)


def broken_links(text: str, folder: Path, names: Collection[str] = ()) -> list[str]:
    """Links to files that neither the folder nor `names` have, each once."""
    files = [unquote(target) for target in targets(text) if not ELSEWHERE.match(target)]
    return [link for link in dict.fromkeys(files) if not _exists(link, folder, names)]


def targets(text: str) -> Iterator[str]:
    """Where links, pictures, references and HTML lead, as URLs."""
    environment: dict[str, dict[str, dict[str, str]]] = {}
    for block in MarkdownIt("commonmark").enable("table").parse(text, environment):
        for token in (block, *(block.children or ())):
            if token.type.startswith("html_"):
                yield from _Html(token.content).targets
            elif token.type in ("link_open", "image"):
                yield str(token.attrs.get("href") or token.attrs.get("src") or "")
    for reference in environment.get("references", {}).values():
        yield reference["href"]


class _Html(HTMLParser):
    """Collects where the tags of a piece of HTML lead."""

    def __init__(self, text: str):
        super().__init__()
        self.targets: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for name, value in attrs if name in ("src", "href") and value]


def _exists(link: str, folder: Path, names: Collection[str]) -> bool:
    path = posixpath.normpath(re.split("[#?]", link)[0])
    try:
        here = (folder / path).exists()
    except (OSError, ValueError):  # no file could have such a name
        here = False
    return here or any(f"{name}/".startswith(f"{path}/") for name in names)
