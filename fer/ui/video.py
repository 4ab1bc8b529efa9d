"""The video tab: a short clip, its faces followed, and what each showed when."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from fer import video
from fer.errors import FerError
from fer.labels import EMOTIONS
from fer.ui import bars, draw, uploads
from fer.ui.engine import Engine
from fer.ui.scripts import script
from fer.ui.stage import downloads

Updates = dict[Any, Any]

INVITATION = f"""
## A short clip
Up to {video.MAX_SECONDS} seconds. Every face is followed, and you see what it showed when.
"""
NO_FACE = "No face was found: try a clip where faces are larger, sharper or seen from the front."
MOST_PEAKS = 12

# The colours of P. Tol's “muted” scheme, which stay apart in every kind of colour blindness.
COLOURS = dict(
    zip(
        EMOTIONS,
        ("#44aa99", "#aa4499", "#999933", "#ddaa33", "#3377bb", "#cc3311", "#888888"),
        strict=True,
    )
)


def build(engine: Engine) -> None:
    """Put the tab into the surrounding `gr.Blocks`."""
    gr.Markdown(INVITATION)
    clip = gr.File(file_types=["video"], show_label=False, height=180, elem_id="clip")
    state = gr.HTML(elem_id="video-progress")
    cancel = gr.Button("Cancel", visible=False, elem_id="video-cancel")
    result = gr.HTML(elem_id="video-result", js_on_load=script("timeline"), apply_default_css=False)
    shown = [clip, state, cancel, result]

    def finish(said: str, found: str = "") -> Updates:
        said = bars.sentence(said)
        return {clip: None, state: said, cancel: gr.Button(visible=False), result: found}

    def look(sent: Any) -> Iterator[Updates]:
        timeline = video.Timeline()
        yield working(0) | {cancel: gr.Button(visible=True), result: ""}
        try:
            with uploads.taken(sent) as path:
                for done in video.follow(path, engine.recognizer, timeline, engine.read):
                    yield working(done)
        except FerError as error:
            yield finish(str(error))
            return
        yield finish("", page(timeline)) if timeline.rows else finish(NO_FACE)

    def working(done: float) -> Updates:
        return {state: bars.progress(done, f"{done:.0%} of the clip")}

    # preprocess=False: gradio would copy the file before our code sees it.
    running = clip.upload(
        look, clip, shown, preprocess=False, show_progress="hidden", api_visibility="private"
    )
    cancel.click(
        lambda: finish("Cancelled: the clip was erased."),
        None,
        shown,
        cancels=running,
        queue=False,
        api_visibility="private",
    )


def page(timeline: video.Timeline) -> str:
    """The clearest moments as small pictures, the plot, and the table to take away."""
    faces: dict[int, list[list[float]]] = {}
    for row in timeline.rows:
        shares = [row[emotion] for emotion in EMOTIONS]
        faces.setdefault(row["face"], []).append([row["seconds"], row["valence"], *shares])
    pictures = "".join(
        f'<figure><img src="{draw.jpeg(peak.crop)}" alt="Face {peak.number}">'
        f"<figcaption><strong>{peak.emotion}</strong> {bars.percent(peak.probability)}<br>"
        f"face {peak.number}, {peak.seconds:.1f}&nbsp;s</figcaption></figure>"
        for peak in timeline.peaks(MOST_PEAKS)
    )
    moments = pictures or f"<p>{bars.NOT_SURE}</p>"
    csv = downloads({"faces.csv": (timeline.to_csv().encode(), "text/csv")})
    count = f"{len(faces)} face{'' if len(faces) == 1 else 's'}"
    return (
        f'<p role="status"><strong>{count}</strong> followed</p>'
        f'<h3>Clearest moments</h3><div class="moments">{moments}</div>{csv}{_plot(faces)}'
    )


def _plot(faces: dict[int, list[list[float]]]) -> str:
    """The lines are drawn in the page, for the face that is chosen there."""
    who = "".join(f'<button data-number="{n}">Face {n}</button>' for n in faces)
    legend = "".join(
        f'<button data-line="{i}" aria-pressed="true" style="--line: {colour}">{emotion}</button>'
        for i, (emotion, colour) in enumerate(COLOURS.items())
    )
    zero = '<line class="zero" x1="0" x2="100" y1="0.5" y2="0.5"></line>'
    return (
        f'<div class="timeline card" data-faces="{escape(json.dumps(faces))}">'
        "<h3>What each face showed when</h3>"
        f'<div class="who" role="group" aria-label="Face">{who}</div>'
        f'<div class="who" role="group" aria-label="Lines that are shown">{legend}</div>'
        "<p>Probability, from 0 to 1</p>"
        f'<svg class="expressions" {_SVG} aria-label="Expressions over time"></svg>'
        "<p>Valence, from −1 (very negative) to +1 (very positive)</p>"
        f'<svg class="valence-line" {_SVG} aria-label="Valence over time">{zero}</svg>'
        '<label class="opacity">Time<input type="range" min="0" step="0.1" value="0"></label>'
        f'<p class="moment" role="status"></p><p>{bars.SURPRISE}</p></div>'
    )


_SVG = 'viewBox="0 0 100 1" preserveAspectRatio="none" role="img"'
