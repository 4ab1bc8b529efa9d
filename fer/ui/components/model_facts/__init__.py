"""Name, commit, terms and accuracy of the model that answers, from what its folder says."""

import json
from typing import Any

import gradio as gr

from fer import Recognizer
from fer.labels import EMOTIONS
from fer.ui.assets import html


def build(recognizer: Recognizer) -> None:
    """The facts as a list, and the share of each emotion that is recognised as bars."""
    split, measured = _measured(recognizer)
    facts = _facts(recognizer, split, measured)
    gr.HTML(
        html("model_facts", facts=facts, measured=measured, emotions=EMOTIONS),
        apply_default_css=False,
        elem_id="facts",
    )


def _measured(recognizer: Recognizer) -> tuple[str, dict[str, Any]]:
    """The split whose figures are shown, and those figures; both empty where there are none."""
    file = recognizer.folder and recognizer.folder / "metrics.json"
    figures = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    split = next((name for name in ("validation", *figures) if name in figures), "")
    return split, figures.get(split, {})


def _facts(recognizer: Recognizer, split: str, measured: dict[str, Any]) -> dict[str, str]:
    origin = measured.get("provenance", {})
    trained: dict[str, list[str]] = {}  # what is said of the data → the models that learned from it
    for model in recognizer.models:
        data = model.config.training_data
        if {"name", "licence"} <= data.keys():
            trained.setdefault(f"{data['name']}. {data['licence']}", []).append(model.name)
    facts = {
        "Model": recognizer.name,
        "On the Hub at": recognizer.revision,
        "Commit": origin.get("commit"),
        "Measured": origin.get("date") and f"{origin['date']}, {origin['data']}, {split}",
        **{f"Data of {', '.join(models)}": said for said, models in trained.items()},
        "Code": "Apache License 2.0",
    }
    return {name: fact for name, fact in facts.items() if fact}
