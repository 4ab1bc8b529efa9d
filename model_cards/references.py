"""Networks, data sets and other people's work, as people, papers and the Hub call them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from fer.data.known import KNOWN, known_data, named_data
from fer.models.config import TrainingData
from fer.models.records import Metrics, SplitFigures
from fer.networks.names import CONVNEXT, DDAMFN, FACE_RESNET

PUBLISHED = Path(__file__).parent / "published.json"

TIMM = "R. Wightman, “PyTorch Image Models”, 2019, doi:10.5281/zenodo.4414861."
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
    return {DDAMFN: "DDAMFN", FACE_RESNET: "ResNet-29"}.get(architecture, f"timm {architecture}")


def published_names(data: Iterable[TrainingData]) -> list[str]:
    """Those of the data sets that were published, in alphabetical order."""
    names = [one.name for one in data]
    return sorted(k.name for k in KNOWN if any(name.startswith(k.name) for name in names))


def judged_on(figures: SplitFigures) -> str | None:
    """The published data set that figures were measured on; None where it is none."""
    counts = [row.support for row in figures.per_class.values()]
    known = known_data(counts, figures.provenance.split, figures.provenance.data)
    return known.name if known else None


def data_name(figures: SplitFigures) -> str:
    """The data that figures were measured on, as people write it where it is known."""
    found = figures.provenance.data
    named = named_data(found)
    not_that = f"“{found}”, which is not the published {named.name}" if named else found
    return judged_on(figures) or not_that


def citations(works: Iterable[str]) -> list[str]:
    """What to cite for networks, data sets and methods, by the keys of `CITATIONS`; any other
    network is timm's."""
    return list(dict.fromkeys(one for work in works for one in CITATIONS.get(work, (TIMM,))))


def published(metrics: Metrics) -> list[PublishedResult]:
    """What others reached on the data that a model was judged on, best first."""
    judged = set(map(judged_on, metrics.values()))
    return [row for row in all_published() if row.data in judged]


def all_published() -> list[PublishedResult]:
    """What others reached on any data, best first."""
    rows = msgspec.json.decode(PUBLISHED.read_bytes(), type=list[PublishedResult])
    return sorted(rows, key=lambda row: -row.overall)
