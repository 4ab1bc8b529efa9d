"""The links of a Markdown text that lead to files, not to other hosts."""

import re
from pathlib import Path
from urllib.parse import unquote

CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.DOTALL | re.MULTILINE)
# Inline links and pictures, references, and HTML.
LINK = re.compile(
    r"\]\(\s*(?:<([^>\n]+)>|([^()\s]+))"
    r"|^\s{0,3}\[[^\]\n]+\]:\s*(\S+)"
    r"|\b(?:src|href)\s*=\s*[\"']([^\"'\n]+)[\"']",
    re.MULTILINE,
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[#/]", re.IGNORECASE)


def broken_links(text: str, folder: Path) -> list[str]:
    """Links to files that the folder does not have, each once."""
    targets = ["".join(found) for found in LINK.findall(CODE.sub("", text))]
    files = [target for target in targets if not ELSEWHERE.match(target)]
    return [
        link
        for link in dict.fromkeys(files)
        if not (folder / unquote(re.split("[#?]", link)[0])).exists()
    ]
