"""Shares as bars: a plain table, so that a screen reader reads it too."""

from collections.abc import Callable, Mapping

from markupsafe import Markup

from fer.ui.assets import html
from fer.ui.formatting import percent


def render(
    title: str, kind: str, shares: Mapping[str, float], write: Callable[[float], str] = percent
) -> Markup:
    """A bar for each name, the longest one emphasised; `kind` is what style sheets call it."""
    longest = max(shares, key=lambda name: shares[name])
    return html(
        "expression_bars",
        title=title,
        kind=kind,
        rows=[(name, share, write(share)) for name, share in shares.items()],
        top=longest if shares[longest] else None,
    )
