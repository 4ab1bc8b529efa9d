"""A model whose card or figures are odd is served all the same, without what cannot be shown."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from generated import MEMBER

import fer
from fer.ui.components import model_card, model_facts

GOOD = json.loads((Path(MEMBER) / "metrics.json").read_text())


def changed(*path: Any, to: Any) -> Callable[[], bytes]:
    """The file of figures with another value at a place in it."""

    def make() -> bytes:
        figures = json.loads(json.dumps(GOOD))
        place = figures["validation"]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = to
        return json.dumps(figures).encode()

    return make


@pytest.fixture
def shown(tmp_path: Path) -> Callable[[str, bytes], str]:
    """What the about tab shows of a model with a file of this content."""

    def show(name: str, content: bytes) -> str:
        shutil.copytree(MEMBER, tmp_path / "model")
        (tmp_path / "model" / name).write_bytes(content)
        recognizer = fer.load(tmp_path / "model")
        with gr.Blocks() as page:
            model_facts.build(recognizer)
            model_card.build(recognizer)
        return str(page.get_config_file()["components"])

    return show


@pytest.mark.parametrize(
    ("make", "figures"),
    [
        (changed("n", to=5), True),
        (lambda: b"", False),
        (lambda: b"[" * 100_000, False),
        (lambda: b"\xff\xfe{}", False),
        (lambda: b"[]", False),
        (lambda: b'{"validation": null}', False),
        (changed("n", to="many"), False),
        (changed("per_class", to={}), False),
        (changed("per_class", "anger", "recall", to=float("nan")), False),
        (changed("per_class", "anger", "recall", to=2.0), False),
        (changed("overall_accuracy", "value", to=float("nan")), False),
        (changed("overall_accuracy", "low", to=-1e300), False),
    ],
)
def test_only_figures_that_can_be_are_shown(shown, make, figures: bool) -> None:
    html = shown("metrics.json", make())
    assert ("95 % interval" in html) == figures
    assert ("No figures come with this model" in html) != figures


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("---\nlicence: x\n---\nA café".encode("latin-1"), "A caf"),
        ("---\n---\nA card".encode("utf-16"), "The whole model card"),
        (b"", "The whole model card"),
        (b"\0", "The whole model card"),
        (b"---\n---\n![no](plots/none.png)", "The whole model card"),
    ],
)
def test_a_card_in_another_encoding_is_shown_as_far_as_it_can_be(shown, content, words) -> None:
    assert words in shown("README.md", content)
