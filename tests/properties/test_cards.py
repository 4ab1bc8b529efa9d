"""Any card is checked to the end, whatever stands in it."""

import json
import shutil

import pytest
from generated import FASTER
from hostile import changed_json, damaged, json_values, value_or_sentence
from hypothesis import given
from hypothesis import strategies as st

from fer.models.bundled import WEIGHTS
from model_cards.check import check

OURS = (WEIGHTS / "convnext-ferplus" / "README.md").read_bytes()
FIGURES = json.loads((WEIGHTS / "convnext-ferplus" / "metrics.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shutil.copytree(FASTER, tmp_path_factory.mktemp("model") / "convnext-ferplus")


@st.composite
def cards_of_others(draw):
    """Front matter that is JSON, which is YAML too, and any text with links, tables and HTML."""
    about = draw(st.one_of(json_values(), st.dictionaries(FIELDS, json_values(), max_size=4)))
    lines = st.one_of(
        st.text(max_size=30),
        st.text(max_size=300).map(lambda text: f"[a]({text}) ![b](<{text}>)"),
        st.sampled_from(
            ["## Uses", "| a | b |\n|---|---|\n| 1 % | 91.07 % |", "<img src='x'>", "```"]
        ),
        st.integers(1, 400).map(lambda depth: "[" * depth + "a: " + "{" * depth),
    )
    text = "\n".join(draw(st.lists(lines, max_size=6)))
    return f"---\n{json.dumps(about)}\n---\n{text}".encode("utf-8", "replace")


FIELDS = st.sampled_from(
    [
        "license",
        "datasets",
        "metrics",
        "tags",
        "model-index",
        "base_model",
        "library_name",
        "language",
    ]
)


@given(st.one_of(st.binary(max_size=200), damaged(OURS), cards_of_others()))
def test_any_card(folder, card):
    (folder / "README.md").write_bytes(card)
    for finding in value_or_sentence(lambda: check(folder)) or []:
        assert finding.where
        assert finding.found


@given(changed_json(FIGURES))
def test_any_figures(folder, figures):
    (folder / "README.md").write_bytes(OURS)
    (folder / "metrics.json").write_text(json.dumps(figures))
    value_or_sentence(lambda: check(folder))
    shutil.copyfile(WEIGHTS / "convnext-ferplus" / "metrics.json", folder / "metrics.json")
