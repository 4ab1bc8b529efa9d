"""The about tab: which model answers, how good it is, and what it must not be used for."""

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from fer import Recognizer
from fer.labels import EMOTIONS
from fer.ui import bars, draw
from fer.ui.visitors import KEEP_SECONDS

NOTICE = f"""
## What it is not for
**An expression is not a feeling.** People smile without being happy and are sad without showing it
([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). The answers are estimates and can
be wrong: never decide anything about a person with them.

**Not for work or education.** In the European Union the AI Act prohibits inferring people’s
emotions there, medical and safety reasons aside (Article 5). Wherever else it is used, the people
exposed to it must be told (Article 50).

**Photos are not kept.** What you send is erased from the server’s disk as soon as it has been read.
The faces stay in its memory, so that you can ask for other heatmaps, until you close the page or do
nothing for {KEEP_SECONDS // 60} minutes. The page asks nothing of any other site and counts nobody.

**Sure or not sure.** The probabilities are calibrated: of answers with 70 %, about 70 % are right.
Below 50 % the page says “not sure”.
"""

# A plot in a card: its text for those who do not see it, and its file.
PICTURE = re.compile(r"!\[([^\]]*)\]\((plots/\w+\.png)\)\n?")


def build(recognizer: Recognizer) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    with gr.Row():
        with gr.Column(min_width=280):
            gr.Markdown(NOTICE, elem_id="not-for")
        with gr.Column(min_width=280):
            gr.HTML(facts(recognizer), apply_default_css=False, elem_id="facts")
    card = _read(recognizer.folder, "README.md")
    if recognizer.folder and card:
        with gr.Accordion("The whole model card", open=False, elem_id="card"):
            words, *rest = PICTURE.split(card.split("---\n", 2)[-1])
            gr.Markdown(words, header_links=False)
            for text, name, words in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
                plot = picture(text, recognizer.folder / name)
                gr.HTML(plot, apply_default_css=False)
                gr.Markdown(words, header_links=False)


def facts(recognizer: Recognizer) -> str:
    """Name, commit, terms and accuracy of a model, from what its folder says."""
    figures: dict[str, Any] = json.loads(_read(recognizer.folder, "metrics.json") or "{}")
    split = next((name for name in ("validation", *figures) if name in figures), None)
    measured = figures[split] if split else {}
    origin = measured.get("provenance", {})
    trained: dict[str, str] = {}  # what is said of the data → the models that learned from it
    for model in recognizer.models:
        data = model.config.training_data
        if {"name", "licence"} <= data.keys():
            said = f"{data['name']}. {data['licence']}"
            trained[said] = f"{trained[said]}, {model.name}" if said in trained else model.name
    rows = {
        "Model": recognizer.name,
        "On the Hub at": recognizer.revision,
        "Commit": origin.get("commit"),
        "Measured": origin.get("date") and f"{origin['date']}, {origin['data']}, {split}",
        **{f"Data of {models}": said for said, models in trained.items()},
        "Code": "Apache License 2.0",
    }
    listed = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
        for name, value in rows.items()
        if value
    )
    return f'<div class="card"><h2>The model</h2><dl>{listed}</dl>{accuracy(measured)}</div>'


def picture(text: str, file: Path) -> str:
    """A plot of a card inside the page, for nothing serves the files of a model folder."""
    if not file.is_file():
        return ""
    address = draw.data_url(file.read_bytes(), "image/png")
    return f'<img class="plot" alt="{escape(text)}" src="{address}">'


def accuracy(measured: dict[str, Any]) -> str:
    """Of the faces of each emotion, the share that was recognised, as one picture."""
    if "per_class" not in measured:
        return "<p>No figures come with this model.</p>"
    overall = measured["overall_accuracy"]
    recalls = {emotion: measured["per_class"][emotion]["recall"] for emotion in EMOTIONS}
    counts = {emotion: measured["per_class"][emotion]["support"] for emotion in EMOTIONS}
    rows = "".join(
        f'<tr><th scope="row">{emotion}</th><td class="track"><div class="bar" '
        f'style="width: {100 * p:.1f}%"></div></td>'
        f'<td class="number">{bars.percent(p) if p else "0 %"}</td>'
        f'<td class="number">{counts[emotion]:,}</td></tr>'
        for emotion, p in recalls.items()
    )
    return (
        '<table class="bars accuracy"><caption>How many faces of each expression it recognises'
        f'</caption><tr><td></td><td></td><th scope="col">right</th><th scope="col">of faces</th>'
        f"</tr>{rows}</table>"
        f"<p>Overall {overall['value']:.1%} of {measured['n']:,} faces "
        f"(95 % interval {overall['low']:.1%} to {overall['high']:.1%}).</p>"
    )


def _read(folder: Path | None, name: str) -> str:
    path = (folder or Path()) / name
    return path.read_text(encoding="utf-8") if folder and path.is_file() else ""
