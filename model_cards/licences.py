"""The licence of a model: the strictest of what its weights were made from.

What a network learnt from names its licence by an identifier, `training_data.licence_id` in
`config.json`; that of every model before it is kept in `training.json`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fer.models.config import TrainingData
from fer.models.model_folder import NetworkFolder
from fer.models.records import Origin

LICENCE_FILE = "LICENSE.md"  # by one of the two names that the Hub links to
TITLE = "# Licence of the weights: "


@dataclass(frozen=True)
class Licence:
    """Terms of use of weights."""

    id: str
    sentence: str  # for the card
    known_to_hub: bool = True  # else the Hub has it as "other", with our identifier as its name

    @property
    def metadata(self) -> dict[str, str]:
        """How a card's metadata states it."""
        if self.known_to_hub:
            return {"license": self.id}
        return {"license": "other", "license_name": self.id, "license_link": LICENCE_FILE}

    def file(self, terms: Iterable[str]) -> str:
        """The file that metadata link to, with the `terms` of what the weights were made from."""
        lines = "".join(f"- {one}\n" for one in terms)
        return f"{TITLE}{self.id}\n\n{self.sentence}\n\nThey were made from:\n\n{lines}"


CC0 = Licence("cc0-1.0", "The weights are in the public domain (CC0 1.0).")
MIT = Licence("mit", "The weights are under the MIT License, as is what they began with.")
BSD = Licence(
    "bsd-3-clause", "The weights are under the BSD 3-Clause License, as is what they began with."
)
APACHE = Licence(
    "apache-2.0", "The weights are under the Apache License 2.0, as is what they began with."
)
RESEARCH_AND_DEMONSTRATION = Licence(
    "research-and-demonstration",
    "The weights are for research and demonstration: they were trained on photos that were "
    "collected from the web without a clear licence.",
    known_to_hub=False,
)
NON_COMMERCIAL_RESEARCH = Licence(
    "non-commercial-research",
    "The weights are for non-commercial research only, as the terms of their training data ask.",
    known_to_hub=False,
)
CC_BY_NC = Licence(
    "cc-by-nc-4.0",
    "The weights are under CC BY-NC 4.0, because something that they were made from is, and no use "
    "may exceed the terms of the training data.",
)
UNKNOWN = Licence(
    "unknown",
    "No licence is known: ask whoever trained the weights before you use them.",
)

# From the freest to the strictest.
LICENCES = (
    CC0,
    MIT,
    BSD,
    APACHE,
    RESEARCH_AND_DEMONSTRATION,
    NON_COMMERCIAL_RESEARCH,
    CC_BY_NC,
    UNKNOWN,
)


def licence_of(*networks: NetworkFolder) -> Licence:
    """The licence of weights that answer together."""
    data = [data for network in networks for data in training_data(network)]
    return strictest(data, any(map(began_with_imagenet, networks)))


def training_data(network: NetworkFolder) -> list[TrainingData]:
    """What a network learnt from, then what the models before it did."""
    own = network.config.training_data
    return [own, *(data for before in _before(network) for data in before.training_data)]


def began_with_imagenet(network: NetworkFolder) -> bool:
    """Whether a network, or one before it, began with weights of timm that its record does not
    name: ImageNet weights of a ConvNeXt-V2, which are CC BY-NC 4.0."""
    before = any(one.pretrained for one in _before(network))
    return network.training.with_unnamed_weights or before


def weights_of_timm(network: NetworkFolder) -> list[str]:
    """The weights of timm that a network, or one before it, began with, where they are named."""
    return [one.weights for one in _before(network) if one.weights]


def _before(network: NetworkFolder) -> list[Origin]:
    """The models that a network started and learnt from."""
    start = network.training.started_from
    return [*([start] if start else []), *network.training.taught_by]


def strictest(data: Iterable[TrainingData], imagenet: bool) -> Licence:
    """The licence that follows from all training data and from a start with ImageNet weights."""
    by_id = {licence.id: licence for licence in LICENCES}
    found = [by_id.get(one.licence_id, UNKNOWN) for one in data]
    return max([*found, *([CC_BY_NC] if imagenet else [])], key=LICENCES.index)


def exceeds(licence: Licence, stated: dict[str, str]) -> bool:
    """Whether a licence forbids more than the one that a card's metadata states.

    A statement that no model of ours can make forbids nothing.
    """
    own = next((own for own in LICENCES if own.metadata == stated), None)
    return own is None or LICENCES.index(licence) > LICENCES.index(own)
