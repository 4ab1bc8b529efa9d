"""A message to the user, which a screen reader speaks as soon as it appears."""

from markupsafe import Markup

from fer.ui.assets import html


def render(text: str) -> Markup:
    """The message; nothing for no text."""
    return html("message", text=text) if text else Markup()
