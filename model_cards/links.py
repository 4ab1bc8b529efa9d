"""The links of a Markdown text that lead to files, not to other hosts."""

import posixpath
import re
from collections.abc import Collection
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


def broken_links(text: str, folder: Path, names: Collection[str] = ()) -> list[str]:
    """Links to files that neither the folder nor `names` have, each once."""
    targets = ["".join(found) for found in LINK.findall(CODE.sub("", text))]
    files = [target for target in targets if not ELSEWHERE.match(target)]
    return [link for link in dict.fromkeys(files) if not _exists(link, folder, names)]


def _exists(link: str, folder: Path, names: Collection[str]) -> bool:
    path = posixpath.normpath(unquote(re.split("[#?]", link)[0]))
    return (folder / path).exists() or any(f"{name}/".startswith(f"{path}/") for name in names)
