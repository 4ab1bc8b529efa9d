"""What a face shows, as HTML: plain tables with bars, so that a screen reader reads them too."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from fer import Face, Recognizer
from fer.labels import EMOTIONS
from fer.models.ensemble import soft_vote

SURPRISE = "Surprise can be pleasant or not; that it counts as positive is a convention."
NOT_SURE = "Not sure: no expression has an even chance."


def sentence(text: str) -> str:
    """A message to the user, which a screen reader speaks as soon as it appears."""
    return f'<p class="message" role="status">{escape(text)}</p>' if text else ""


def answer(face: Face, number: int, count: int, recognizer: Recognizer) -> str:
    """The chosen face's most probable expression, then all of them, then both sentiment scales."""
    which = f"Face {number} of {count}" if count > 1 else "The face"
    ranked = dict(sorted(face.expressions.items(), key=lambda item: -item[1]))
    shows = "shows" if face.sure else "may show"
    return (
        f'<div class="card"><p>{which} {shows}</p>'
        f'<h2><span class="top-emotion">{face.emotion}</span>'
        f" {percent(ranked[face.emotion])}</h2>"
        + ("" if face.sure else f'<p class="not-sure">{NOT_SURE}</p>')
        + table("Seven expressions", "emotions", ranked)
        + (_votes(face, recognizer) if len(recognizer.models) > 1 else "")
        + '<div class="scales">'
        + table("Sentiment in five levels", "levels", face.levels_5)
        + table("Sentiment in three levels", "levels", face.levels_3)
        + f"</div>{valence(face.valence)}<p>{SURPRISE}</p></div>"
    )


def table(
    title: str,
    kind: str,
    shares: Mapping[str, float],
    written: Callable[[float], str] | None = None,
) -> str:
    """A bar for each name, the longest one emphasised; `written` in place of per cent."""
    written = written or percent
    top = max(shares, key=lambda name: shares[name])
    rows = "".join(
        f'<tr class="{"top" if name == top else ""}"><th scope="row">{name}</th>'
        f'<td class="track"><div class="bar {name.replace(" ", "-")}" '
        f'style="width: {100 * p:.1f}%"></div></td><td class="number">{written(p)}</td></tr>'
        for name, p in shares.items()
    )
    return f'<table class="bars {kind}"><caption>{title}</caption>{rows}</table>'


def valence(value: float) -> str:
    """Where between very negative and very positive the expectation lies."""
    return (
        f'<div class="valence"><p><strong>Valence {signed(value)}</strong></p>'
        f'<div class="scale"><span style="left: {50 + 50 * value:.1f}%"></span></div>'
        '<p class="ends"><span>−1 very negative</span><span>+1 very positive</span></p></div>'
    )


def signed(value: float) -> str:
    """A valence with its sign, as it is printed."""
    return f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0.0"


def percent(p: float) -> str:
    """Whole per cent, but never a certainty that the model does not claim."""
    if p >= 0.995:
        return "&gt;&nbsp;99&nbsp;%"
    if p < 0.005:
        return "&lt;&nbsp;1&nbsp;%"
    return f"{100 * p:.0f}&nbsp;%"


def _votes(face: Face, recognizer: Recognizer) -> str:
    """Every model of an ensemble alone, and both ways to make one answer of them."""
    columns = {
        model.name: own for model, own in zip(recognizer.models, face.members, strict=True)
    } | {"soft vote": soft_vote(face.members)}
    if recognizer.combine is not soft_vote:
        columns["stacking"] = face.probabilities
    *_, used = columns
    heads = "".join(
        f'<th scope="col">{escape(name)}{" (the answer)" if name == used else ""}</th>'
        for name in columns
    )
    rows = "".join(
        f'<tr><th scope="row">{emotion}</th>'
        + "".join(_cell(own, i) for own in columns.values())
        + "</tr>"
        for i, emotion in enumerate(EMOTIONS)
    )
    return (
        '<div class="votes" tabindex="0" role="region" aria-label="Each model’s answer"><table>'
        f"<caption>Each model’s answer</caption><tr><td></td>{heads}</tr>{rows}</table></div>"
    )


def _cell(probabilities: Sequence[float], i: int) -> str:
    top = "top" if i == max(range(len(EMOTIONS)), key=lambda j: probabilities[j]) else ""
    p = float(probabilities[i])
    bar = f'<span class="bar" style="width: {100 * p:.1f}%"></span>'
    return f'<td class="{top}">{bar}{percent(p)}</td>'


def progress(share: float | None, text: str) -> str:
    """How far a long piece of work is; nothing when there is none."""
    if share is None:
        return ""
    return (
        f'<div class="progress"><progress max="1" value="{share:.3f}" aria-label="Progress">'
        f"</progress><span>{escape(text)}</span></div>"
    )
