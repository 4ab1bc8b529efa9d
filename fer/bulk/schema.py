"""The columns of a results file, and a face as a row of it.

What changes the meaning of a column, or takes one away, counts `VERSION` up.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from fer.face import Face
from fer.labels import EMOTIONS, MOST_LABELS, most_probable

VERSION = 1
NAME = f"fer.results/{VERSION}"

WIDE = 112  # pixels; a face this large has all that the models look at
MOST = 1e12  # of any number
SHARP = 100.0  # variance of the crop's Laplacian at which sharpness is a half

Kind = Literal["text", "whole", "real", "yes or no"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column: its name, what its values are and what they mean; any value may be missing."""

    name: str
    kind: Kind
    about: str


LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
_BEFORE = (
    Column("source", "text", "the file, as it was named or found"),
    Column("item", "text", "path in the zip, row of the parquet file, or seconds of the film"),
    Column("seconds", "real", "of a film: when, from its first picture"),
    Column("image_sha256", "text", "of the photo's file; of a film, of the picture's pixels"),
    Column("face", "whole", "number in its picture, from 1; none where no face was found"),
    Column("track", "whole", "of a film: the same for the same face, until the next cut"),
    *(
        Column(f"box_{side}", "real", "pixels of the upright picture")
        for side in ("x0", "y0", "x1", "y1")
    ),
    *(
        Column(f"{point}_{axis}", "real", "pixels; left and right as seen in the picture")
        for point in LANDMARKS
        for axis in ("x", "y")
    ),
    Column("score", "real", "of the detector, from 0 to 1"),
    Column("quality", "real", "score × size × sharpness, from 0 to 1: a rough guide, to choose by"),
    Column("emotion", "text", "the most probable expression"),
    Column("sure", "yes or no", "whether its probability is at least a half"),
    Column("valence", "real", "from -1, very negative, to 1, very positive"),
    Column("levels_5", "text", "the most probable of five levels"),
    Column("levels_3", "text", "the most probable of three levels"),
)
_AFTER = (
    Column("error", "text", "what is wrong with the input and what to do; none where it was read"),
    Column("model", "text", "its name"),
    Column("model_revision", "text", "its commit on the Hub, or the SHA-256 of a local one"),
    Column("version", "text", "of this library"),
)


def columns_of(labels: Iterable[str]) -> tuple[Column, ...]:
    """All columns of a model's table, whose labels stand between the others."""
    return (*_BEFORE, *(Column(label, "real", "probability") for label in labels), *_AFTER)


COLUMNS = columns_of(EMOTIONS)


def labels_of(names: Iterable[str]) -> tuple[str, ...]:
    """The labels of a table with columns of these names, in order; the seven where that is lost."""
    ordered = list(names)
    first, last = _BEFORE[-1].name, _AFTER[0].name
    if not {first, last} <= set(ordered):
        return EMOTIONS
    between = ordered[ordered.index(first) + 1 : ordered.index(last)]
    return tuple(between) if 2 <= len(between) <= MOST_LABELS else EMOTIONS


def description(columns: Iterable[Column] = COLUMNS) -> dict[str, Any]:
    """The schema as plain data, as results files carry it."""
    shown = [{"name": one.name, "type": one.kind, "about": one.about} for one in columns]
    return {"schema": NAME, "columns": shown}


def row(columns: Iterable[Column] = COLUMNS, /, **values: Any) -> Row:
    """A row of all columns."""
    return {column.name: values.pop(column.name, None) for column in columns} | values


def check(row: Row, columns: Iterable[Column], labels: tuple[str, ...]) -> None:
    """Raise `ValueError` for a row that is none of ours, though it has all columns."""
    for column in columns:
        value = row[column.name]
        if value is not None and not _FITS[column.kind](value):
            raise ValueError(f"{column.name} is no {column.kind}")
    shown = row["face"] is not None
    needed = ["source", *(("emotion", "sure", "quality", *labels) if shown else ())]
    if any(row[name] is None for name in needed):
        raise ValueError("a value is missing")
    valence = row["valence"]
    if (valence is None) != (row["levels_5"] is None):
        raise ValueError("half a scale")
    if shown and (row["emotion"] not in labels or not -1 <= (valence or 0) <= 1):
        raise ValueError("no face of ours")


_FITS: dict[Kind, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "whole": lambda value: isinstance(value, int) and abs(value) < MOST,
    "real": lambda value: isinstance(value, int | float) and abs(value) < MOST,  # nor no number
    "yes or no": lambda value: isinstance(value, bool),
}


def of_face(face: Face, scale: float) -> Row:
    """What a row says of a face; its picture was shrunk by `scale`."""
    values: Row = {
        f"box_{side}": round(float(at) * scale, 2)
        for side, at in zip(("x0", "y0", "x1", "y1"), face.box, strict=True)
    }
    if face.landmarks is not None:
        for point, place in zip(LANDMARKS, face.landmarks.astype(float) * scale, strict=True):
            values[f"{point}_x"], values[f"{point}_y"] = (round(float(at), 2) for at in place)
    scales: Row = {}
    if face.labels.levels:
        scales["valence"] = round(face.valence, 6)
        scales["levels_5"] = most_probable(face.levels_5)
        scales["levels_3"] = most_probable(face.levels_3)
    return values | {
        "score": round(face.score, 4),
        "quality": round(quality(face), 4),
        "emotion": face.emotion,
        "sure": face.sure,
        **scales,
        **{label: round(p, 6) for label, p in face.expressions.items()},
    }


def quality(face: Face) -> float:
    """How much there is to see in a face, from 0 to 1: its score × its size × its sharpness."""
    x0, y0, x1, y1 = face.box
    size = min(1.0, float(np.sqrt((x1 - x0) * (y1 - y0))) / WIDE)
    return face.score * size * sharpness(face.crop)


def sharpness(crop: Image.Image) -> float:
    """From 0, a plain area, towards 1: by how much pixels differ from the mean of their neighbours
    (J. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000)."""
    grey = np.pad(np.asarray(crop.convert("L"), np.float32), 1, "reflect")
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    variance = float((around - 4 * grey[1:-1, 1:-1]).var())
    return variance / (variance + SHARP)
