"""What a face shows, as HTML: plain tables with bars, so that a screen reader reads them too."""

from collections.abc import Mapping
from html import escape

from fer import Face
from fer.labels import EMOTIONS

SURPRISE = "Surprise can be pleasant or not; that it counts as positive is a convention."


def sentence(text: str) -> str:
    """A message to the user, which a screen reader speaks as soon as it appears."""
    return f'<p role="status">{escape(text)}</p>'


def answer(face: Face, number: int, count: int) -> str:
    """The chosen face's most probable expression, then all of them, then both sentiment scales."""
    which = f"Face {number} of {count}" if count > 1 else "The face"
    expressions = dict(zip(EMOTIONS, face.probabilities.tolist(), strict=True))
    ranked = dict(sorted(expressions.items(), key=lambda item: -item[1]))
    valence = f"{face.valence:+.1f}".replace("-", "−")
    return (
        f"<p>{which} shows</p>"
        f'<h2><span class="top-emotion">{face.emotion}</span>'
        f" {_percent(expressions[face.emotion])}</h2>"
        f"<p>Valence {valence}, from −1 (very negative) to +1 (very positive)</p>"
        + _table("Seven expressions", "emotions", ranked)
        + '<div class="scales">'
        + _table("Sentiment in five levels", "levels", face.levels_5)
        + _table("Sentiment in three levels", "levels", face.levels_3)
        + f"</div><p>{SURPRISE}</p>"
    )


def _table(title: str, kind: str, probabilities: Mapping[str, float]) -> str:
    top = max(probabilities, key=lambda name: probabilities[name])
    rows = "".join(
        f'<tr class="{"top" if name == top else ""}"><th scope="row">{name}</th>'
        f'<td class="track"><div class="bar {name.replace(" ", "-")}" '
        f'style="width: {100 * p:.1f}%"></div></td><td class="number">{_percent(p)}</td></tr>'
        for name, p in probabilities.items()
    )
    return f'<table class="bars {kind}"><caption>{title}</caption>{rows}</table>'


def _percent(p: float) -> str:
    """Whole per cent, but never a certainty that the model does not claim."""
    if p >= 0.995:
        return "&gt;&nbsp;99&nbsp;%"
    if p < 0.005:
        return "&lt;&nbsp;1&nbsp;%"
    return f"{100 * p:.0f}&nbsp;%"
