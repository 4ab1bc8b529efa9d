"""How often a test split was judged: a list in the model folder, published with the model."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import msgspec

from fer.errors import DataError
from fer.evaluation.provenance import commit
from fer.models.files import write_json
from fer.models.model_folder import ModelFolder
from fer.models.records import read_metrics

SCORINGS = "test_scorings.json"


@dataclass(frozen=True)
class Scoring:
    """One time that a model answered a test split."""

    data: str = ""  # as it was called then
    date: str = ""
    commit: str = ""
    faces: str = ""  # SHA-256 of labels and images; older lists lack it
    weights: dict[str, str] = field(default_factory=dict)
    times: int = 0  # how often it had been scored with this time


class ScoringCount:
    """Notes, once in a run, that models answer a split, if it is a test split of theirs.

    The members of an ensemble answer it with the ensemble, and are told apart by their folders.
    """

    def __init__(self, data: str, split: str, faces: str):
        self._data, self._split, self._faces = data, split, faces
        self._times: dict[Path, int] = {}

    def of(self, model: ModelFolder) -> int | None:
        """How often a model has answered the split by now; None where it is no test split."""
        if not any(is_test(one, self._split, self._faces) for one in (model, *model.networks)):
            return None
        for one in (model, *model.networks):
            place = one.path.resolve()  # an ensemble says "../member"
            if place not in self._times:
                self._times[place] = record_scoring(one, self._data, self._faces)
        return self._times[model.path.resolve()]


def is_test(model: ModelFolder, split: str, faces: str) -> bool:
    """Whether a split, whose digest is `faces`, is a test split of a model, maybe under another
    name: those faces were scored as its test split before."""
    if split == "test":
        return True
    test = read_metrics(model.path).get("test")
    known = [scoring.faces for scoring in _read(model.path / SCORINGS)]
    return faces in [*known, *([test.provenance.faces] if test else [])]


def record_scoring(model: ModelFolder, data: str, faces: str) -> int:
    """Note that a test split, whose digest is `faces`, is scored; how often it has been by now.

    A split is known by its digest, whatever its place. Where the list was lost, the figures in the
    folder say how often at least. A model on the Hub is only counted for: the cache is not ours.

    Raises `DataError` when the list cannot be read.
    """
    path = model.path / SCORINGS
    earlier = _read(path)
    # What an older list names by its place alone counts for every test split.
    of_these = [scoring.times for scoring in earlier if scoring.faces in ("", faces)]
    told = [
        figures.times_scored or 0
        for figures in read_metrics(model.path).values()
        if figures.provenance.faces in ("", faces)
    ]
    times = max(len(of_these), *of_these, *told, 0) + 1
    if model.commit is None:
        today = date.today().isoformat()
        scoring = Scoring(data, today, commit(), faces, model.weights(), times)
        write_json(path, [asdict(one) for one in (*earlier, scoring)])
    return times


def _read(path: Path) -> list[Scoring]:
    if not path.exists():
        return []
    try:
        return msgspec.convert(json.loads(path.read_text(encoding="utf-8")), list[Scoring])
    except (OSError, ValueError, RecursionError) as error:  # msgspec's is a ValueError
        raise DataError(
            f"{path} is damaged, so nobody knows how often the test split was judged: copy it "
            "again."
        ) from error
