"""Figures and notes as the page writes them, the same in every template, text and script."""

from fer import Face
from fer.face import SURE

SURPRISE = "Surprise can be pleasant or not; that it counts as positive is a convention."
NOT_SURE = "Not sure: no expression has an even chance."

# What a face looks like that shows each of the emotions.
LOOKS = {
    "surprise": "surprised",
    "fear": "afraid",
    "disgust": "disgusted",
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "neutral": "neutral",
}

# How sure an answer is said to be from which probability of its emotion on. The probabilities are
# calibrated: of the answers with 90 %, nine out of ten are right.
SURENESS = {0.9: "very sure", 0.7: "quite sure", SURE: "fairly sure", 0.0: "not sure"}


def looks(face: Face) -> str:
    """A face's emotion in one word, with a question mark where it is not sure."""
    return LOOKS[face.emotion] + ("" if face.sure else "?")


def sentence(face: Face) -> str:
    """The answer for a face in one sentence."""
    probability = face.expressions[face.emotion]
    sureness = next(words for least, words in SURENESS.items() if probability >= least)
    return f"{'Looks' if face.sure else 'Perhaps'} {LOOKS[face.emotion]}, {sureness}"


def percent(p: float) -> str:
    """Whole per cent of a probability, but never a certainty that the model does not claim."""
    if p >= 0.995:
        return ">\u00a099\u00a0%"
    if p < 0.005:
        return "<\u00a01\u00a0%"
    return f"{100 * p:.0f}\u00a0%"


def exact_percent(share: float, digits: int = 1) -> str:
    """A share that was measured or counted; also how style sheets write it."""
    return f"{share:.{digits}%}"


def valence(value: float) -> str:
    """A valence with its sign."""
    return f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0.0"


def seconds(value: float) -> str:
    """A moment of a clip."""
    return f"{value:.1f}\u00a0s"


def count(number: int, noun: str) -> str:
    """So many things, in the singular for one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# For a script that has a probability to write: the text of each whole per cent.
PERCENTS = tuple(percent(hundredth / 100) for hundredth in range(101))
