"""A card as one HTML file that needs nothing else, to be sent or printed."""

import base64
import html
import mimetypes
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from fer.errors import ModelError, full_stop
from fer.models.hub import snapshot
from fer.models.model_folder import CARD, model_of_run
from model_cards.card import title_of

# Scripts and what lies elsewhere are forbidden: the card may be anybody's.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; }
th, td { border: 1px solid #999; padding: 0.2em 0.6em; }
pre { background: #f2f2f2; padding: 0.8em; overflow-x: auto; }
img { max-width: 100%; }
"""
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
<body>
{body}</body>
</html>
"""


def write_html(model: str, out: Path) -> None:
    """Write the card of a folder or Hub id as a page; raises `ModelError` where there is none."""
    if out.suffix != ".html" or out.is_dir():
        raise ModelError(f"{out} is no name of a page: choose one that ends in .html.")
    path = model_of_run(Path(model)) if Path(model).is_dir() else snapshot(model)[0]
    try:
        text = (path / CARD).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ModelError(f"{model} has no card that can be read: {full_stop(error)}") from error
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page(text, path), encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"{out} cannot be written ({error.strerror}): choose another place."
        ) from error


def page(text: str, folder: Path) -> str:
    """A card with the pictures of its folder inside it; HTML of its own is shown as text."""
    about, mark, body = text.partition("\n---\n")
    body = body if mark and about.startswith("---") else text
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(body)
    for block in tokens:
        for token in block.children or ():
            if token.type == "image":
                _put_inside(token, folder.resolve())
    shown = markdown.renderer.render(tokens, markdown.options, {})
    title = html.escape(title_of(body) or folder.name)
    return PAGE.format(policy=POLICY, title=title, style=STYLE, body=shown)


def _put_inside(token: Token, folder: Path) -> None:
    source = str(token.attrs.get("src", ""))
    kind = mimetypes.guess_type(source)[0] or ""
    try:
        path = (folder / source).resolve()
        if path.is_relative_to(folder) and kind.startswith("image/") and path.is_file():
            data = base64.b64encode(path.read_bytes()).decode()
            token.attrs["src"] = f"data:{kind};base64,{data}"
    except (OSError, ValueError):  # no file could have such a name
        return
