"""The about tab in a real browser."""

import json
from pathlib import Path

from pages import fits_a_phone, open_tab, serious
from playwright.sync_api import Page, expect

from fer.models.bundled import BUNDLED


def test_about_shows_the_model_and_its_measured_accuracy(page: Page) -> None:
    folder = Path(BUNDLED)
    measured = json.loads((folder / "metrics.json").read_text())["validation"]
    open_tab(page, "About")
    facts = page.locator("#facts")
    for fact in (folder.name, measured["provenance"]["commit"], "Apache License", "FER+ labels"):
        expect(facts).to_contain_text(fact)
    expect(facts.locator("dt").filter(has_text="Data of")).to_have_count(1)  # it is the same data
    for emotion, figures in measured["per_class"].items():
        row = facts.locator("tr").filter(has_text=emotion)
        expect(row).to_contain_text(f"{figures['support']:,}")
        width = row.locator(".bar").get_attribute("style")
        assert width == f"width: {100 * figures['recall']:.1f}%"
    for words in ("not a feeling", "Not for work or education", "not kept"):
        expect(page.locator("#not-for")).to_contain_text(words)
    page.get_by_role("button", name="The whole model card").click()
    expect(page.locator("#card")).to_contain_text("Article 5(1)(f)")
    plots = page.locator("#card .plot")
    expect(plots).to_have_count(len(list((folder / "plots").iterdir())))
    expect(plots.first).to_be_visible()
    assert serious(page) == []
    assert fits_a_phone(page)
