"""A published data set is known by its faces, whatever its folder or the recipe is called."""

import numpy as np
import pytest

from fer.data.hub import data_id
from fer.data.known import known_data, training_data
from fer.data.rafdb import COUNTS
from fer.models.config import TrainingData

FER_TRAIN = (3378, 648, 175, 7410, 3403, 2399, 9365)
FER_VALIDATION = (441, 73, 31, 880, 395, 310, 1242)
RAF_CARVED = (129, 28, 72, 477, 198, 71, 253)  # as `load_split` carves it out of train
FER_TEST = (500, 80, 30, 870, 390, 310, 1170)  # 3,350 together, which is all that is known of it


@pytest.mark.parametrize(
    ("counts", "split", "folder", "name"),
    [
        (FER_TRAIN, "train", "faces", "FER+"),
        (FER_VALIDATION, "validation", "faces", "FER+"),
        (FER_VALIDATION, "test", "ferplus", None),
        (FER_TEST, "test", "FER-plus", "FER+"),
        (FER_TEST, "test", "faces", None),
        (COUNTS["train"], "train", "x", "RAF-DB"),
        (COUNTS["test"], "test", "x", "RAF-DB"),
        (RAF_CARVED, "validation", "x", "RAF-DB"),
        (np.subtract(COUNTS["train"], RAF_CARVED), "train", "x", "RAF-DB"),
        ((*COUNTS["test"][:6], 679), "test", "rafdb", None),  # a face was left out
        ((11, 11, 10, 10, 10, 10, 10), "test", "rafdb", None),
    ],
)
def test_faces_tell_what_data_they_are(counts, split, folder, name):
    known = known_data([int(count) for count in counts], split, folder)
    assert (known and known.name) == name


FER = TrainingData("FER+ train (26,778 faces)", "FER+ labels: MIT.", "research-and-demonstration")
RAF = TrainingData("RAF-DB basic train", "non-commercial", "non-commercial-research")
MINE = TrainingData("My photos", "mine alone", "cc0-1.0")


@pytest.mark.parametrize(
    ("claim", "counts", "name", "licence_id"),
    [
        (FER, FER_TRAIN, FER.name, FER.licence_id),
        (FER, [10] * 7, "70 faces that are not the published FER+", ""),
        (RAF, FER_TRAIN, "FER+ train", "research-and-demonstration"),
        (MINE, COUNTS["train"], "RAF-DB basic train", "non-commercial-research"),
        (MINE, [10] * 7, "My photos", "cc0-1.0"),
    ],
    ids=["true", "own photos", "other data", "hidden", "own words"],
)
def test_a_recipe_claims_no_data_that_the_faces_are_not(claim, counts, name, licence_id):
    said = training_data(claim, counts)
    assert (said.name, said.licence_id) == (name, licence_id)


def test_data_of_the_hub_keep_their_whole_id(tmp_path):
    assert data_id(str(tmp_path / "..")) == tmp_path.parent.name
    assert data_id("me/faces") == "me/faces"
