"""Published data sets, known by how many faces of each emotion a split has, not by a folder's name.

What a card says of data (their name, their terms, who else was judged on them) follows from this,
so that a few faces in a folder called rafdb are not RAF-DB.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer.data import rafdb
from fer.labels import EMOTIONS
from fer.models.config import TrainingData

VALIDATION_SHARE = 0.1  # of train, where a data set has no validation split of its own


@dataclass(frozen=True)
class KnownData:
    """A published data set: faces of each emotion by split, or their sum where no more is known."""

    name: str
    faces: dict[str, tuple[int, ...] | int]
    terms: TrainingData

    def is_split(self, counts: Sequence[int], split: str, folder: str) -> bool:
        """Whether a split with so many faces of each emotion is one of this data set, or the part
        of train that is carved out for validation or left by that."""
        own = self.faces.get(split)
        if len(counts) != len(EMOTIONS):
            return False
        if isinstance(own, int):  # the sum alone could be that of any data, so the name counts too
            return sum(counts) == own and plain(self.name) == plain(folder)
        if own == tuple(counts):
            return True
        share = {"train": 1 - VALIDATION_SHARE, "validation": VALIDATION_SHARE}.get(split, 0)
        whole = np.array(self.faces["train"])
        carved = np.abs(whole * share - np.array(counts)).max() < 2  # whole faces, rounded
        return bool(carved and abs(whole.sum() * share - sum(counts)) < 1)


KNOWN = (
    KnownData(
        "FER+",
        {
            "train": (3378, 648, 175, 7410, 3403, 2399, 9365),
            "validation": (441, 73, 31, 880, 395, 310, 1242),
            "test": 3350,
        },
        TrainingData(
            "FER+ train",
            "FER+ labels: MIT. FER2013 images: no clear licence, so research and demonstration "
            "only.",
            "research-and-demonstration",
        ),
    ),
    KnownData(
        "RAF-DB",
        {**rafdb.COUNTS},
        TrainingData(
            "RAF-DB basic train",
            "RAF-DB: non-commercial research only, no redistribution of the images.",
            "non-commercial-research",
        ),
    ),
)


def known_data(counts: Sequence[int], split: str, folder: str = "") -> KnownData | None:
    """The published data set that a split with so many faces of each emotion (7) belongs to."""
    return next((data for data in KNOWN if data.is_split(counts, split, folder)), None)


def named_data(text: str) -> KnownData | None:
    """The published data set that a text names, however it is spelt."""
    return next((data for data in KNOWN if plain(data.name) in plain(text)), None)


def training_data(claim: TrainingData, counts: Sequence[int]) -> TrainingData:
    """What a network learnt from that was trained on so many faces of each emotion (7).

    A recipe's `claim` holds unless it names a published data set that these faces are not, or none
    where they are one.
    """
    found, named = known_data(counts, "train"), named_data(claim.name)
    if found == named:
        return claim
    if found:
        print(
            f"The recipe trains on {claim.name}, but these faces are {found.name}: so it is said."
        )
        return found.terms
    assert named
    print(
        f"WARNING: the recipe trains on {named.name}, but these faces are not the published ones. "
        "The card will not claim them; give the recipe a training_data of its own."
    )
    return TrainingData(
        f"{sum(counts):,} faces that are not the published {named.name}",
        "Their terms are not on record here: ask whoever trained the weights.",
    )


def plain(name: str) -> str:
    """A data set's name without what spellings differ in."""
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "plus"))
