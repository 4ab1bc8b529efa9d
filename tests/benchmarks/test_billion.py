"""The page on a billion faces is what its script writes of the figures."""

import re

from benchmarks import billion
from benchmarks.billion import Home, Prices, kinds
from benchmarks.billion_page import render
from fer.bench import records

NETWORKS = {"ensemble": 30.0, "fast": 10.0}
HOME = Home(150.0, 900.0, {"parquet": 200.0, "csv": 400.0}, 2e-5, 2e-5)


def test_prices_and_rates_change_what_it_costs():
    speed = records.read(billion.SPEED)
    found = kinds(speed)
    page = render(speed, Prices(core_hour=0.02), found, NETWORKS, HOME)
    dearer = render(speed, Prices(core_hour=0.04), found, NETWORKS, HOME)
    crops = found[0].before + 10.0  # core milliseconds
    hours = 1e9 * crops / 0.9 / 1000 / 3600
    assert f"| face crops | fast | {900 / crops:.1f} | {hours:,.0f} |" in page
    assert f"| {hours * 0.02:,.0f} |\n" in page
    assert f"| {hours * 0.04:,.0f} |\n" in dearer
    assert "at most 25,000 rows a second and 11 hours" in " ".join(page.split())
    assert "| results as parquet, a row | 200 | 0.2 | 5 |" in page
    assert not re.search(r"[{}]", page)


def test_the_page_is_of_the_rates_beside_it():
    page = " ".join(billion.PAGE.read_text("utf-8").split())
    speed = records.read(billion.SPEED)
    assert f"({speed.machine.processor}, {speed.machine.cores} cores, {speed.date})" in page
    assert f"**assumptions** of {Prices().of}" in page


def test_what_is_kept_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(billion, "ROWS", 2 * billion.PART)
    home = billion.measure(tmp_path)
    assert 0 < home.table_bytes["parquet"] < home.table_bytes["csv"] < home.table_bytes["jsonl"]
    assert home.part_bytes >= home.table_bytes["jsonl"] * 0.9
    assert 0 < home.part_seconds < 1
