"""Not in training: a split without the faces that are also among those that a model learnt from.

Data sets have pictures twice, and one that was learnt by heart says nothing when it is judged.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fer.data import LabelledFaces, load_split
from fer.data.known import known_data, named_data
from fer.data.load import NoSplit
from fer.data.repeats import rows_not_in
from fer.errors import DataError
from fer.evaluation.robustness import subset_figures
from fer.models.model_folder import ModelFolder, NetworkFolder
from fer.models.records import Interval, SubsetFigures

NAME = "not in training"


class TrainingFaces:
    """The train split of the data that a `split`, `faces`, is of; read when first asked for."""

    def __init__(self, data: str, split: str, faces: LabelledFaces):
        self.data = data
        self.split = split
        self.faces = faces

    def unseen_by(self, model: ModelFolder) -> NDArray[np.int64] | None:
        """The rows whose pictures a model, or a member of it, did not learn from, not even nearly;
        None where it did not learn from this train split, or there is none."""
        if self._train is None or not any(learnt_from(one, self._train) for one in model.networks):
            return None
        return self._unseen

    @cached_property
    def _train(self) -> LabelledFaces | None:
        if self.split == "train":
            return None
        try:
            return load_split(self.data, "train", skip_unreadable=True)
        except NoSplit:
            return None
        except DataError as error:
            print(f"Which of these faces are also in training is not known: {error}")
            return None

    @cached_property
    def _unseen(self) -> NDArray[np.int64]:
        assert self._train is not None
        return rows_not_in(self._train, self.faces)


def learnt_from(network: NetworkFolder, train: LabelledFaces) -> bool:
    """Whether a network, or one before it, learnt from a split: its record has the digest, or they
    name the published data that the split is."""
    training = network.training
    if training.train == train.digest:
        return True
    published = known_data(train.class_counts().tolist(), "train")
    before = [*([training.started_from] if training.started_from else []), *training.taught_by]
    learnt = [network.config.training_data, *(data for one in before for data in one.training_data)]
    return published is not None and published in [named_data(data.name) for data in learnt]


def unseen_figures(
    probabilities: NDArray[np.float32], faces: LabelledFaces, rows: NDArray[np.int64] | None
) -> SubsetFigures | None:
    """The accuracies (of N×7) on these rows of a split alone; None where they are not known."""
    if rows is None:
        return None
    if len(rows) == 0:
        nothing = Interval(0.0, 0.0, 0.0)
        return SubsetFigures(NAME, 0, nothing, nothing)
    return subset_figures(NAME, probabilities[rows], faces.labels[rows])
