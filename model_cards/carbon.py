"""What a training drew and emitted, estimated by codecarbon's method from the time that it took.

Where nothing is metered, codecarbon counts 4 W a thread of a CPU, half of 85 W for one it knows
nothing of, 5 W for each of two modules of memory, and the world's mean of 475 g CO₂ per kWh
(https://mlco2.github.io/codecarbon/methodology.html, version 3). A GPU, which it would ask, counts
here with the most that its maker lets it draw.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fer.models.model_folder import NetworkFolder

PER_THREAD = 4.0  # W
UNKNOWN_CPU = 85 * 0.5
MEMORY = 2 * 5.0
GRAMS_PER_KWH = 475

# The most that a board draws, W, by a word of its name.
GPUS = {"T4": 70, "L4": 72, "P100": 250, "V100": 300, "A100": 400, "H100": 700, "H200": 700}


@dataclass(frozen=True)
class Emissions:
    """An estimate."""

    kwh: float
    grams: float  # of CO₂

    def __str__(self) -> str:
        return f"{_two_digits(self.kwh)} kWh and {_two_digits(self.grams)} g of CO₂"


def emissions(networks: Iterable[NetworkFolder]) -> Emissions | None:
    """What trainings drew, with those of the models of ours that they started from.

    None where the time or the machine of one is not on record.
    """
    joules = 0.0
    for network in networks:
        training = network.training
        watts = power(training.hardware or "")
        before = training.started_from.seconds if training.started_from else None
        if watts is None or training.seconds is None:
            return None
        joules += watts * (training.seconds + (before or 0))
    kwh = joules / 3.6e6
    return Emissions(kwh, kwh * GRAMS_PER_KWH)


def _two_digits(value: float) -> str:
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def power(hardware: str) -> float | None:
    """What a machine draws, W, as `fer.evaluation.provenance.hardware` names it."""
    if cores := re.match(r"(\d+) CPU cores", hardware):
        return int(cores[1]) * PER_THREAD + MEMORY
    if boards := re.match(r"(\d+) × (.+)", hardware):
        words = re.split(r"[ -]", boards[2])
        each = next((watts for name, watts in GPUS.items() if name in words), None)
        return None if each is None else int(boards[1]) * each + UNKNOWN_CPU + MEMORY
    return None
