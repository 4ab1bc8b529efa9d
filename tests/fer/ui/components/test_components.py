"""The HTML of components: what is put into it is escaped, and what scripts need is in it."""

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fer.face import SURE, Face
from fer.labels import EMOTIONS
from fer.ui import assets
from fer.ui.components import (
    batch_report,
    expression_bars,
    face_answer,
    heatmap,
    live_view,
    message,
    timeline,
)
from fer.ui.formatting import NOT_SURE, PERCENTS, looks, sentence

HOSTILE = "<script>alert('\"')</script>"


class Read(HTMLParser):
    """The tags, texts and attributes of some HTML, as a browser would find them."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.texts = ""
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(str(html))  # plain, or what is added to it would be escaped

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, text: str) -> None:
        self.texts += text

    def attribute(self, name: str) -> str:
        (value,) = (value for own, value in self.attributes if own == name)
        return value or ""


def face(*probabilities: float) -> Face:
    shares = np.array(probabilities, np.float32)
    crop = Image.new("RGB", (8, 8))
    members, maps = np.stack([shares, shares]), (np.zeros((7, 1, 1), np.float32),) * 2
    return Face((0, 0, 8, 8), None, 1.0, (crop, crop), shares, members, maps)


HAPPY = face(0.02, 0, 0, 0.9, 0, 0, 0.08)
UNSURE = face(0.3, 0, 0, 0.4, 0, 0, 0.3)


def ensemble(*names: str) -> Any:
    return SimpleNamespace(models=[SimpleNamespace(name=name) for name in names], combine=None)


def results(*names: str) -> batch_report.Shown:
    found = batch_report.Shown(problems=[(HOSTILE, HOSTILE)])
    for name in names:
        found.add(name, [HAPPY])
    return found


@pytest.mark.parametrize(
    "html",
    [
        message.render(HOSTILE),
        heatmap.render(ensemble(HOSTILE, "two")),
        face_answer.render(HAPPY, ensemble(HOSTILE, "two")),
        batch_report.render(results(), 1),  # without a face
        batch_report.render(results(HOSTILE, "b.jpg"), 3),
        batch_report.render_opened(HOSTILE, results(HOSTILE).summary),
        expression_bars.render(HOSTILE, "emotions", {HOSTILE: 1.0}),
    ],
    ids=["message", "heatmap", "face answer", "problems", "batch", "opened", "bars"],
)
def test_what_is_put_into_a_template_is_text(html: str) -> None:
    assert "script" not in Read(html).tags
    assert HOSTILE in Read(html).texts + "".join(value or "" for _, value in Read(html).attributes)


@pytest.mark.parametrize(
    ("shares", "top"), [({"a": 0.4, "b": 0.6}, ["b"]), ({"a": 0.0, "b": 0.0}, [])]
)
def test_the_longest_bar_is_emphasised(shares: dict[str, float], top: list[str]) -> None:
    html = expression_bars.render("", "", shares)
    assert re.findall('class="top"><th scope="row">(.)', html) == top


@pytest.mark.parametrize(
    ("probabilities", "said", "label"),
    [
        ((0, 0, 0, 0.95, 0, 0, 0.05), "Looks happy, very sure", "happy"),
        ((0.75, 0.25, 0, 0, 0, 0, 0), "Looks surprised, quite sure", "surprised"),
        ((0, 0.6, 0, 0, 0.4, 0, 0), "Looks afraid, fairly sure", "afraid"),
        ((0, 0, 0.5, 0.3, 0.2, 0, 0), "Looks disgusted, fairly sure", "disgusted"),
        ((0, 0, 0, 0, 0.45, 0.3, 0.25), "Perhaps sad, not sure", "sad?"),
        ((0, 0, 0, 0, 0.3, 0.4, 0.3), "Perhaps angry, not sure", "angry?"),
        ((0, 0, 0, 0, 0, 0, 1), "Looks neutral, very sure", "neutral"),
    ],
)
def test_the_answer_is_a_sentence_and_a_label(
    probabilities: tuple[float, ...], said: str, label: str
) -> None:
    assert sentence(face(*probabilities)) == said
    assert looks(face(*probabilities)) == label


@pytest.mark.parametrize(("shown", "doubts"), [(HAPPY, False), (UNSURE, True)])
def test_details_say_when_an_answer_is_unsure(shown: Face, doubts: bool) -> None:
    assert (NOT_SURE in Read(face_answer.render(shown, ensemble("one"))).texts) is doubts


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (HAPPY, "At 1.5 s: happiness 90 %, valence +0.9"),
        (UNSURE, "At 1.5 s: not sure, maybe happiness 40 %, valence +0.6"),
    ],
    ids=["sure", "unsure"],
)
def test_a_moment_of_a_clip_comes_written_to_its_script(shown: Face, words: str) -> None:
    row = {"seconds": 1.5, "face": 1, "sure": shown.sure, "valence": shown.valence}
    html = timeline.render([{**row, "emotion": shown.emotion, **shown.expressions}])
    (moment,) = json.loads(Read(html).attribute("data-faces"))["1"]
    assert " ".join(moment["text"].split()) == words
    assert moment["probabilities"] == list(shown.expressions.values())


def test_the_live_script_is_given_threshold_and_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(live_view.gr, "HTML", lambda html, **settings: made.append(html))
    live_view.build(lambda asked: asked, "device/0/")
    read = Read(made[0])
    assert float(read.attribute("data-sure")) == SURE
    assert json.loads(read.attribute("data-percents")) == list(PERCENTS)
    assert json.loads(read.attribute("data-valences")) == [0.5, -1, -1, 1, -0.5, -1, 0]
    assert read.attribute("data-device") == "device/0/"
    assert [name for name in EMOTIONS if name in read.texts] == list(EMOTIONS)


def test_numbers_of_the_table_are_sorted_as_numbers() -> None:
    html = batch_report.render(results("a.jpg"), 1)
    cells = re.findall(r'<td data-number="([^"]+)">([^<]+)</td>', html)
    assert cells == [("1", "1"), (str(round(HAPPY.valence, 4)), "+0.9")]


@pytest.mark.parametrize(
    "script", sorted(assets.COMPONENTS.glob("*/*.js")), ids=lambda path: path.stem
)
def test_a_script_has_no_threshold_and_writes_no_figures(script) -> None:
    """Both come from Python, so that they stand in one place."""
    code = script.read_text(encoding="utf-8")
    assert not re.search(r"0\.5\b|0\.995|0\.005| %`|toLocaleString", code)


def test_every_style_is_in_the_page_once_its_own_first() -> None:
    sheet = assets.stylesheet()
    first, *others = [*assets.UI.glob("*.css"), *assets.UI.glob("*/**/*.css")]
    assert sheet.startswith(first.read_text(encoding="utf-8"))
    for other in others:
        assert sheet.count(other.read_text(encoding="utf-8")) == 1
