"""Networks, data sets and other people's work, as people, papers and the Hub call them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fer.models.config import TrainingData
from fer.models.records import Metrics, SplitFigures
from fer.networks.names import CONVNEXT, DDAMFN, FACE_RESNET

PUBLISHED = Path(__file__).parent / "published.json"

# Data sets as people write them, and their ids on the Hub.
HUB_IDS = {"FER+": "ferplus", "RAF-DB": "raf-db"}

CITATIONS = {
    DDAMFN: (
        "S. Zhang, Y. Zhang, Y. Zhang, Y. Wang, Z. Song, “A Dual-Direction Attention Mixed "
        "Feature Network for Facial Expression Recognition”, Electronics 12(17), 2023.",
    ),
    FACE_RESNET: (
        "K. He, X. Zhang, S. Ren, J. Sun, “Deep Residual Learning for Image Recognition”, "
        "CVPR 2016.",
        "D. King, “Dlib-ml: A Machine Learning Toolkit”, Journal of Machine Learning Research 10, "
        "2009.",
    ),
    **dict.fromkeys(
        CONVNEXT,
        (
            "S. Woo et al., “ConvNeXt V2: Co-designing and Scaling ConvNets with Masked "
            "Autoencoders”, CVPR 2023.",
        ),
    ),
    "distillation": (
        "G. Hinton, O. Vinyals, J. Dean, “Distilling the Knowledge in a Neural Network”, 2015, "
        "arXiv:1503.02531.",
    ),
    "stacking": ("D. Wolpert, “Stacked generalization”, Neural Networks 5(2), 1992.",),
    "FER+": (
        "E. Barsoum, C. Zhang, C. Canton Ferrer, Z. Zhang, “Training Deep Networks for Facial "
        "Expression Recognition with Crowd-Sourced Label Distribution”, ICMI 2016.",
    ),
    "RAF-DB": (
        "S. Li, W. Deng, J. Du, “Reliable Crowdsourcing and Deep Locality-Preserving "
        "Learning for Expression Recognition in the Wild”, CVPR 2017.",
    ),
}


@dataclass(frozen=True)
class PublishedResult:
    """Accuracies that others published, in percent, as `published.json` keeps them."""

    data: str
    name: str
    source: str  # a link
    overall: float
    mean_class: float | None
    on: str  # the very faces
    caution: str


def network_name(architecture: str) -> str:
    """An architecture as people write it."""
    if architecture in CONVNEXT:
        return f"ConvNeXt-V2 {architecture.split('_')[1]}"
    return {DDAMFN: "DDAMFN", FACE_RESNET: "ResNet-29"}[architecture]


def known_data(data: Iterable[TrainingData]) -> list[str]:
    """Those of the data sets that have a Hub id and a citation, in alphabetical order."""
    return sorted(known for known in HUB_IDS if any(one.name.startswith(known) for one in data))


def data_name(figures: SplitFigures) -> str:
    """The data that figures were measured on, as people write it where it is known."""
    found = figures.provenance.data
    return next((known for known in HUB_IDS if _plain(known) == _plain(found)), found)


def citations(works: Iterable[str]) -> list[str]:
    """What to cite for networks, data sets and methods, by the keys of `CITATIONS`."""
    return list(dict.fromkeys(citation for work in works for citation in CITATIONS[work]))


def published(metrics: Metrics) -> list[PublishedResult]:
    """What others reached on the data that a model was judged on, best first."""
    judged = {_plain(data_name(figures)) for figures in metrics.values()}
    return [row for row in all_published() if any(_plain(row.data) in name for name in judged)]


def all_published() -> list[PublishedResult]:
    """What others reached on any data, best first."""
    rows = msgspec.json.decode(PUBLISHED.read_bytes(), type=list[PublishedResult])
    return sorted(rows, key=lambda row: -row.overall)


def _plain(name: str) -> str:
    """A data set's name without what spellings differ in."""
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "plus"))
