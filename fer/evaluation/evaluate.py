"""Judge models on a split: every figure that a card shows.

Crops go through the recogniser, as photos do. A stacker has seen the labels of validation, so its
figures of that split are those of stackers that have not (cross-fitting).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fer.data import LabelledFaces
from fer.data.hub import data_id
from fer.errors import DataError
from fer.evaluation.comparison import Answers, ablation, mcnemar
from fer.evaluation.metrics import evaluate
from fer.evaluation.plots import draw_plots
from fer.evaluation.predictions import predict_split
from fer.evaluation.provenance import provenance
from fer.evaluation.robustness import CORRUPTIONS, group_figures, subset_figures
from fer.evaluation.scorings import ScoringCount
from fer.evaluation.stacking import cross_fitted
from fer.evaluation.unseen import TrainingFaces, unseen_figures
from fer.models.classifier import Classifier
from fer.models.config import NetworkConfig
from fer.models.ensemble import Combination, Stacker, soft_vote
from fer.models.model_folder import ModelFolder, require_same_labels
from fer.models.records import SplitFigures, read_metrics, write_metrics
from fer.recognizer import Recognizer

UNSPOILT = next(iter(CORRUPTIONS))
PAPERS = "stacking on probabilities"


@dataclass(frozen=True)
class Evaluation:
    """One model's answers to a split, by name (an ensemble's members too), and its figures."""

    model: ModelFolder
    split: str
    answers: Answers
    figures: SplitFigures

    def write(self) -> None:
        """Put figures and plots into the model folder, beside those of other splits."""
        metrics = read_metrics(self.model.path)  # afresh: another split may be there by now
        write_metrics(self.model.path, metrics | {self.split: self.figures})
        draw_plots(self.model.path, self.split, self.figures)


def evaluate_models(
    models: Sequence[Recognizer],
    faces: LabelledFaces,
    data: str,
    split: str,
    spoilt: bool = False,
) -> list[Evaluation]:
    """Judge models on the `faces` of a `split` of `data` (a folder or a Hub id).

    `spoilt` judges them on spoilt faces too, which takes seven times as long. Every scoring of a
    test split is recorded in the model's folder, and in its members'.

    Raises `DataError` when two models have one name.
    """
    if len({model.name for model in models}) < len(models):
        raise DataError("Two of the models have one name: rename a folder to tell them apart.")
    for model in models:
        require_same_labels(model.folder, faces.label_set)
    predictions, training = Predictions(faces), TrainingFaces(data, split, faces)
    count = ScoringCount(data, split, faces.digest)
    return [_evaluate(model, predictions, training, count, data, split, spoilt) for model in models]


def _evaluate(
    model: Recognizer,
    predictions: "Predictions",
    training: TrainingFaces,
    count: ScoringCount,
    data: str,
    split: str,
    spoilt: bool,
) -> Evaluation:
    faces = predictions.faces
    members = predictions.of(model)
    combine = combination(model, members, faces, split)
    own = combine(members)
    answers = {**beside(model, members, faces, split), model.name: own}
    several = len(answers) > 1
    slices = [
        subset_figures(way, combine(predictions.of(model, way)), faces.labels)
        for way in (CORRUPTIONS if spoilt else ())
    ]
    figures = SplitFigures(
        **vars(evaluate(own, faces.labels, faces.label_set)),
        groups=group_figures(own, faces) or None,
        slices=slices or None,
        not_in_training=unseen_figures(own, faces, training.unseen_by(model.folder)),
        times_scored=count.of(model.folder),
        ablation=ablation(answers, faces.labels, faces.label_set) if several else None,
        mcnemar=mcnemar(answers, faces.labels) if several else None,
        provenance=provenance(model.folder, data_id(data), split, faces.digest),
    )
    return Evaluation(model.folder, split, answers, figures)


def combination(
    model: Recognizer, members: NDArray[np.float32], faces: LabelledFaces, split: str
) -> Combination:
    """How the members' answers M×N×7 to a split become one, for the figures of that split."""
    if split == "validation" and isinstance(model.combine, Stacker):
        return cross_fitted(members, faces.labels, model.combine.features)
    return model.combine


def beside(
    model: Recognizer, members: NDArray[np.float32], faces: LabelledFaces, split: str
) -> Answers:
    """What an ensemble is compared with: its members, soft vote and, where it can be fitted
    without a look at a test split, the paper's stacking; of a single network nothing."""
    if len(members) == 1:
        return {}
    answers = {one.name: rows for one, rows in zip(model.models, members, strict=True)}
    answers["soft vote"] = soft_vote(members)
    stacker = model.combine
    own = stacker.features if isinstance(stacker, Stacker) else None
    if split == "validation" and own != "probabilities":
        answers[PAPERS] = cross_fitted(members, faces.labels, "probabilities")(members)
    return answers


class Predictions:
    """What networks answer to a split, spoilt in a way or not; each is asked only once.

    An ensemble's member is often judged alone too.
    """

    def __init__(self, faces: LabelledFaces):
        self.faces = faces
        self._known: list[tuple[NetworkConfig, str, NDArray[np.float32]]] = []

    def of(self, model: Recognizer, way: str = UNSPOILT) -> NDArray[np.float32]:
        """Each network's probabilities of faces spoilt in a way of `CORRUPTIONS`: M×N×7."""
        return np.stack([self._of_network(network, way) for network in model.models])

    def _of_network(self, network: Classifier, way: str) -> NDArray[np.float32]:
        # The recorded SHA-256 in its configuration says which weights it has.
        for config, known_way, rows in self._known:
            if config.sha256 and (config, known_way) == (network.config, way):
                return rows
        spoil = CORRUPTIONS[way]
        rows = predict_split(
            lambda crops: network.predict([spoil(crop.convert("RGB")) for crop in crops]),
            self.faces,
        )
        self._known.append((network.config, way, rows))
        return rows
