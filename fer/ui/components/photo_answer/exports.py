"""The faces of one photo as files, without the name that the visitor's file had."""

import csv
import io
import json
from collections.abc import Sequence

from fer import Face
from fer.labels import EMOTIONS


def to_json(faces: Sequence[Face], model: str) -> str:
    """The answer as the command line prints it."""
    record = {"image": None, "model": model, "faces": [face.to_json() for face in faces]}
    return json.dumps(record, indent=2)


def to_csv(faces: Sequence[Face]) -> str:
    """A row for each face."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["face", "x0", "y0", "x1", "y1", "emotion", "sure", "valence", *EMOTIONS])
    for number, face in enumerate(faces, 1):
        box = [round(float(side), 1) for side in face.box]
        shares = [round(float(p), 4) for p in face.probabilities]
        rows.writerow([number, *box, face.emotion, face.sure, round(face.valence, 3), *shares])
    return file.getvalue()
