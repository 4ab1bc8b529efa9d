"""What training data and a pretrained start mean for a model's licence, and what to cite."""

from dataclasses import dataclass

from fer.models.upstream.conversion import LICENCE as BY_UPSTREAM


@dataclass(frozen=True)
class Licence:
    """The licence of weights, as the Hub's metadata names it; a higher rank is stricter."""

    rank: int
    id: str
    name: str | None
    sentence: str

    @property
    def title(self) -> str:
        return self.name or self.id


FER_PLUS = Licence(
    1,
    "other",
    "research-and-demonstration",
    "The weights are for research and demonstration: they were trained on photos that were "
    "collected from the web without a clear licence.",
)
RAF_DB = Licence(
    2,
    "other",
    "non-commercial-research",
    "The weights are for non-commercial research only, as RAF-DB’s terms ask.",
)
IMAGENET = Licence(
    3,
    "cc-by-nc-4.0",
    None,
    "The weights are under CC BY-NC 4.0, because they started from ImageNet weights of ConvNeXt-V2 "
    "that are, and no use may exceed the terms of the training data.",
)
UNKNOWN = Licence(
    4,
    "unknown",
    None,
    "No licence is known: ask whoever trained the weights before you use them.",
)
LICENCES = (FER_PLUS, RAF_DB, IMAGENET, UNKNOWN)
BY_DATA = {"FER+": FER_PLUS, "RAF-DB": RAF_DB}

# Hub ids of data sets, for the card's metadata.
HUB_IDS = {"FER+": "ferplus", "RAF-DB": "raf-db"}

CITATIONS = {
    "ddamfn": "S. Zhang, Y. Zhang, Y. Zhang, Y. Wang, Z. Song, “A Dual-Direction Attention Mixed "
    "Feature Network for Facial Expression Recognition”, Electronics 12(17), 2023.",
    "convnextv2": "S. Woo et al., “ConvNeXt V2: Co-designing and Scaling ConvNets with Masked "
    "Autoencoders”, CVPR 2023.",
    "FER+": "E. Barsoum, C. Zhang, C. Canton Ferrer, Z. Zhang, “Training Deep Networks for Facial "
    "Expression Recognition with Crowd-Sourced Label Distribution”, ICMI 2016.",
    "RAF-DB": "S. Li, W. Deng, J. Du, “Reliable Crowdsourcing and Deep Locality-Preserving "
    "Learning for Expression Recognition in the Wild”, CVPR 2017.",
    "ensemble": "D. Wolpert, “Stacked generalization”, Neural Networks 5(2), 1992.",
}


def data_key(training_data: dict[str, str]) -> str | None:
    """The known data set that a configuration's `training_data` names; None for others."""
    name = training_data.get("name", "")
    return next((key for key in BY_DATA if name.startswith(key)), None)


def rank_of(id: str | None, name: str | None) -> int:
    """How strict a licence is that a card states; 0 for one that no model of ours can have."""
    return next((own.rank for own in LICENCES if (own.id, own.name) == (id, name)), 0)


def licence_of(training_data: list[dict[str, str]], pretrained: bool) -> Licence:
    """The licence that follows from all training data and the start: the strictest of theirs."""
    licences = [_of_data(data) for data in training_data] + ([IMAGENET] if pretrained else [])
    return max(licences, key=lambda licence: licence.rank)


def _of_data(data: dict[str, str]) -> Licence:
    if data.get("licence") == BY_UPSTREAM:  # whatever the data: these weights are not ours
        return UNKNOWN
    return BY_DATA.get(data_key(data) or "", UNKNOWN)
