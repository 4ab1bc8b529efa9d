"""Figures are written in one way everywhere."""

import pytest

from fer.ui import formatting

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0, "< 1 %"),  # the model never claims that something cannot be
        (0.004, "< 1 %"),
        (0.006, "1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.995, "> 99 %"),  # nor that it must be
        (1, "> 99 %"),
    ],
)
def test_a_probability_is_written_in_whole_per_cent(p: float, written: str) -> None:
    assert formatting.percent(p) == written.replace(" ", NBSP)


@pytest.mark.parametrize("p", [0, 0.004, 0.006, 0.014, 0.5, 0.494, 0.994, 0.996, 1])
def test_a_script_finds_the_same_text_by_rounding(p: float) -> None:
    assert formatting.PERCENTS[round(100 * p)] == formatting.percent(p)


@pytest.mark.parametrize(
    ("value", "written"), [(1, "+1.0"), (-0.26, "−0.3"), (-0.04, "0.0"), (0, "0.0")]
)
def test_a_valence_is_written_with_its_sign(value: float, written: str) -> None:
    assert formatting.valence(value) == written


@pytest.mark.parametrize(("number", "written"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces")])
def test_things_are_counted(number: int, written: str) -> None:
    assert formatting.count(number, "face") == written
