"""Judge a model again: do its weights give the figures that its card rests on?"""

from fer.data import load_split
from fer.errors import FerError
from fer.evaluation.evaluate import evaluate_models
from fer.evaluation.report import agree, report
from fer.models.model_folder import EnsembleFolder, NetworkFolder
from fer.recognizer import Recognizer
from model_cards.figures import checked_metrics
from model_cards.findings import Finding


def judge_again(folder: NetworkFolder | EnsembleFolder, data: str) -> list[Finding]:
    """Splits of `data` (a folder or a Hub id) whose recorded figures do not come out.

    Prints the figures that do.
    """
    findings = []
    for split, recorded in checked_metrics(folder).items():
        where = f"metrics.json, {split}"
        try:
            faces = load_split(data, split)
            (evaluation,) = evaluate_models([Recognizer(folder)], faces, data, split)
        except FerError as error:
            findings.append(Finding(where, f"the weights give no figures on this data: {error}"))
            continue
        print(report(evaluation.figures))
        if not agree(evaluation.figures, recorded):
            findings.append(Finding(where, "the weights give other figures on this data"))
    return findings
