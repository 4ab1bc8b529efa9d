"""Judge a model again: do its weights give the figures that its card rests on?"""

from collections.abc import Iterator
from pathlib import Path

from fer.data import load_split
from fer.data.hub import pinned
from fer.errors import FerError
from fer.evaluation.agreement import NOT_CHECKABLE, compare
from fer.evaluation.evaluate import evaluate_models
from fer.evaluation.report import report, times
from fer.models.model_folder import EnsembleFolder, NetworkFolder, open_model
from fer.models.records import METRICS, SplitFigures
from fer.recognizer import Recognizer
from model_cards.findings import Finding


def judge_again(model: str | Path, data: str) -> list[Finding]:
    """Recorded figures of a folder or Hub id that do not come out on `data`, also such a one.

    Prints those that do, what cannot be checked so, and that a test split was scored once more.
    """
    try:
        folder = open_model(model)
        splits = folder.metrics
        data = pinned(data)
    except FerError as error:
        return [Finding("the folder", str(error))]
    findings = []
    for split, recorded in splits.items():
        try:
            findings += list(_differences(folder, split, recorded, data))
        except FerError as error:
            said = f"the weights give no figures on this data: {error}"
            findings.append(Finding(f"{METRICS}, {split}", said))
    return findings


def _differences(
    folder: NetworkFolder | EnsembleFolder, split: str, recorded: SplitFigures, data: str
) -> Iterator[Finding]:
    faces = load_split(data, split, labels=folder.config.label_set)
    if recorded.provenance.faces not in ("", faces.digest):
        where = f"{METRICS}, {split}.provenance.faces"
        yield Finding(where, f"it is of other faces than {split} of {data}: judge them by --write")
        return
    model = Recognizer(folder)
    spoilt = recorded.slices is not None
    (evaluation,) = evaluate_models([model], faces, data, split, spoilt)
    print(report(evaluation.figures))
    if evaluation.figures.times_scored:
        print(
            f"Judging again has scored the {split} split once more: "
            f"{times(evaluation.figures.times_scored)} by now."
        )
    agreement = compare(evaluation.figures, recorded)
    if not agreement.exact:
        print("This machine rounds otherwise, so figures were compared to within that.")
    print(
        f"Not checkable by judging again: {', '.join(NOT_CHECKABLE)}, and what config.json and "
        "training.json say of what the weights learnt from, how long and on what machine."
    )
    for one in agreement.differences:
        found, right = ("missing" if v is None else str(v) for v in (one.recorded, one.measured))
        yield Finding(f"{METRICS}, {split}.{one.path}", found, right)
