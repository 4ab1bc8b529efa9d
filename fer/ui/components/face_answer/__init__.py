"""All that was found out about a face: its expressions, what each model says, and the sentiment."""

from markupsafe import Markup

from fer import Face, Recognizer
from fer.labels import EMOTIONS, LEVELS_5
from fer.models.ensemble import soft_vote
from fer.ui.assets import html
from fer.ui.components import expression_bars


def render(face: Face, recognizer: Recognizer) -> Markup:
    """The seven expressions, each model's answer, then both sentiment scales, all explained."""
    ranked = dict(sorted(face.expressions.items(), key=lambda item: -item[1]))
    return html(
        "face_answer",
        face=face,
        expressions=expression_bars.render("Seven expressions", "emotions", ranked),
        emotions=EMOTIONS,
        votes=_votes(face, recognizer) if len(recognizer.models) > 1 else {},
        levels=LEVELS_5,
        five=expression_bars.render("Sentiment in five levels", "levels", face.levels_5),
        three=expression_bars.render("Sentiment in three levels", "levels", face.levels_3),
    )


def _votes(face: Face, recognizer: Recognizer) -> dict[str, list[float]]:
    """Probabilities of every model of an ensemble alone, and of both ways to make one answer.

    The last one is the answer.
    """
    votes = dict(
        zip((model.name for model in recognizer.models), face.members.tolist(), strict=True)
    )
    votes["soft vote"] = soft_vote(face.members).tolist()
    if recognizer.combine is not soft_vote:
        votes["stacking"] = face.probabilities.tolist()
    return votes
