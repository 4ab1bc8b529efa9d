"""What a training emitted is estimated from its time and machine, or not at all."""

import json
import shutil
from pathlib import Path

import pytest
from generated import MEMBER
from spoiling import judged_so

from fer.models.model_folder import CARD, open_model
from model_cards.__main__ import main
from model_cards.carbon import Emissions, emissions, power
from model_cards.metadata import read_metadata


@pytest.mark.parametrize(
    ("hardware", "watts"),
    [
        ("2 CPU cores (x86_64)", 18.0),
        ("16 CPU cores (arm64)", 74.0),
        ("1 × Tesla T4", 70 + 42.5 + 10),
        ("2 × Tesla P100-PCIE-16GB", 500 + 42.5 + 10),
        ("1 × NVIDIA A100-SXM4-80GB", 400 + 42.5 + 10),
        ("1 × Unheard-of 9000", None),
        ("", None),
    ],
)
def test_what_a_machine_draws(hardware, watts):
    assert power(hardware) == watts


@pytest.mark.parametrize(
    ("kwh", "text"),
    [
        (0.0004, "0.0004 kWh and 0.19 g of CO₂"),
        (0.25, "0.25 kWh and 120 g of CO₂"),
        (123.4, "120 kWh and 59,000 g of CO₂"),
    ],
)
def test_an_estimate_has_two_digits(kwh, text):
    assert str(Emissions(kwh, kwh * 475)) == text


@pytest.mark.parametrize(
    ("record", "kwh"),
    [
        ({"seconds": 7200, "hardware": "2 CPU cores (x86_64)"}, 0.036),
        (
            {
                "seconds": 3600,
                "hardware": "2 CPU cores (x86_64)",
                "started_from": {"seconds": 3600},
            },
            0.036,
        ),
        ({"seconds": 7200, "hardware": None}, None),
        ({"hardware": "2 CPU cores (x86_64)"}, None),
    ],
)
def test_what_a_training_emitted(tmp_path, record, kwh):
    folder = Path(shutil.copytree(MEMBER, tmp_path / "model"))
    (folder / "training.json").write_text(json.dumps(record))
    judged_so(folder)
    found = emissions([open_model(folder)])
    assert main([str(folder)]) == 0
    card = (folder / CARD).read_text(encoding="utf-8")
    about = read_metadata(card).to_dict()
    if kwh is None:
        assert found is None
        assert "CO₂" not in card
        assert "co2_eq_emissions" not in about
    else:
        assert found.kwh == pytest.approx(kwh)
        assert "by codecarbon’s method it was about 0.036 kWh and 17 g of CO₂" in card
        assert about["co2_eq_emissions"]["emissions"] == pytest.approx(kwh * 475, abs=0.1)
    assert main(["check", str(folder)]) == 0
