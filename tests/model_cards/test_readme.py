"""The README is also the Space's configuration: what it says has to be so, and up to date."""

import re
from typing import Any

import pytest
import yaml
from serving import ROOT

from benchmarks.report import shows
from fer.errors import ModelError
from model_cards.links import broken_links
from model_cards.readme import PLOT, bundled_models, compared, generated

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def front_matter() -> dict[str, Any]:
    return yaml.safe_load(TEXT.split("---\n")[1])


def test_space_runs_the_pinned_gradio(front_matter: dict[str, Any]) -> None:
    pinned = re.findall(r"^gradio==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned == [front_matter["sdk_version"]]


def test_space_starts_a_file_that_exists(front_matter: dict[str, Any]) -> None:
    assert (ROOT / front_matter["app_file"]).is_file()


def test_short_description_fits_the_hub(front_matter: dict[str, Any]) -> None:
    assert len(front_matter["short_description"]) <= 60


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "fer/README.md",
        "fer/ui/README.md",
        "model_cards/README.md",
        "train/README.md",
    ],
)
def test_linked_files_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert broken_links(text, (ROOT / page).parent) == []


def test_the_readme_is_fresh():
    assert generated(TEXT, bundled_models()) == TEXT


def test_its_plot_of_speed_is_fresh():
    assert shows(PLOT, compared())


@pytest.mark.parametrize(
    "line",
    [
        r"sdk_version: (\d)",
        r"short_description: (\w)",
        r"\| ensemble-ferplus \| (\d)",
        r"percent found .* (\d+) / \d+ at 75°",
        r"\| fer photo.jpg \| (\d)",
        r"\| fer-toolkit \d\S+ \| (\d)",
    ],
)
def test_a_stale_readme_is_made_fresh(line):
    place = re.search(line, TEXT).start(1)
    assert generated(TEXT[:place] + "x" + TEXT[place + 1 :], bundled_models()) == TEXT


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("---\n", "", "front matter"),
        ("<!-- end of results -->", "", "once each"),
        ("<!-- speed: made by `make cards` -->", "", "once each"),
    ],
)
def test_a_readme_without_a_place_for_them_is_refused(old, new, sentence):
    with pytest.raises(ModelError, match=sentence):
        generated(TEXT.replace(old, new, 1), bundled_models())
