"""The live, video, batch and about tabs in a real browser."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from films import write_clip
from pages import files_in, serious
from playwright.sync_api import Page, expect

import fer
from fer.labels import EMOTIONS
from fer.models.bundled import BUNDLED
from fer.ui.engine import Engine
from fer.ui.page import build

expect.set_options(timeout=60_000)  # for a busy machine

TWO_POINTS = re.compile(r"^[\d.]+,[\d.]+ [\d.]+,")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def fits_a_phone(page: Page) -> bool:
    """Whether nothing of what is shown reaches beyond a phone's width."""
    before = page.viewport_size
    page.set_viewport_size({"width": 360, "height": 780})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(before)
    return width <= 360


def test_live_shows_the_face_until_paused(page: Page) -> None:
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .now")).to_have_text("happiness")
    expect(page.locator("#live .box")).to_have_count(1)
    expect(page.locator("#live .top th")).to_have_text("happiness")
    expect(page.locator("#live .rate")).to_contain_text("a second")
    assert serious(page) == []
    expect(page.locator("#live polyline")).to_have_attribute("points", TWO_POINTS)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live .rate")).to_be_empty()
    assert page.locator("#live video").evaluate("v => v.srcObject.getTracks()[0].readyState") == (
        "ended"
    )


def test_live_stops_when_another_tab_is_looked_at(page: Page) -> None:
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live .box")).to_have_count(1)
    open_tab(page, "About")
    open_tab(page, "Live")
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_live_cannot_be_started_twice(page: Page) -> None:
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_live_without_a_camera_says_what_to_do(page: Page) -> None:
    refuse = "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(Error('no')); }"
    page.evaluate(refuse)
    open_tab(page, "Live")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#live [role=status]")).to_contain_text("allow it in the browser")


def test_video_shows_moments_and_a_plot(
    page: Page, portrait: Path, tmp_path: Path, server_files: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", portrait, 2)
    open_tab(page, "Video")
    page.locator("#clip input[type=file]").set_input_files(clip)
    expect(page.locator("#video-result")).to_contain_text("1 face followed")
    expect(page.locator("#video-result .moments figcaption")).to_contain_text("happiness")
    expect(page.locator("#video-result .expressions path")).to_have_count(len(EMOTIONS) + 1)
    page.locator("#video-result").get_by_role("button", name="anger").click()
    expect(page.locator("#video-result .expressions path")).to_have_count(len(EMOTIONS))
    page.get_by_label("Time", exact=True).fill("1.0")
    expect(page.locator("#video-result .moment")).to_contain_text("At 1.0 s: happiness")
    assert serious(page) == []
    assert fits_a_phone(page)
    with page.expect_download() as download:
        page.locator("#video-result .downloads a").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {row["emotion"] for row in rows} == {"happiness"}
    assert files_in(server_files) == []


def test_a_long_clip_can_be_cancelled(
    page: Page, portrait: Path, tmp_path: Path, server_files: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", portrait, 20, 240)
    open_tab(page, "Video")
    page.locator("#clip input[type=file]").set_input_files(clip)
    cancel(page, "video", server_files)


def cancel(page: Page, tab: str, server_files: Path) -> None:
    """Cancel while the progress is shown; what the work had in its hands goes too."""
    expect(page.locator(f"#{tab}-progress progress")).to_be_visible()
    page.locator(f"#{tab}-cancel").click()
    expect(page.locator(f"#{tab}-progress")).to_contain_text("Cancelled")
    expect(page.locator(f"#{tab}-cancel")).to_be_hidden()
    for _ in range(60):
        if not files_in(server_files):
            break
        page.wait_for_timeout(500)
    assert files_in(server_files) == []


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.write_bytes(b"no clip"), "not a video"),
        (lambda path: write_clip(path, None, 70, 48), "longer than 60 seconds"),
    ],
    ids=["rubbish", "70 s"],
)
def test_a_bad_clip_gets_a_sentence(page: Page, tmp_path: Path, make, sentence: str) -> None:
    make(tmp_path / "clip.mp4")
    open_tab(page, "Video")
    page.locator("#clip input[type=file]").set_input_files(tmp_path / "clip.mp4")
    expect(page.locator("#video-progress [role=status]")).to_contain_text(sentence)


def test_batch_makes_a_table_of_good_and_bad_files(
    page: Page, portrait: Path, tmp_path: Path, server_files: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(portrait, "b.jpg")
        archive.write(portrait, "a.jpg")
        archive.writestr("bad.jpg", "<b>no photo</b>")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(
        [tmp_path / "photos.zip", portrait]
    )
    result = page.locator("#batch-result")
    expect(result).to_contain_text("3 faces in 4 photos")
    expect(result.locator(".problems li")).to_have_count(1)
    expect(result.locator(".problems")).to_contain_text("bad.jpg")
    first = result.locator(".sortable tbody td").first
    expect(first).to_have_text("b.jpg")
    assert serious(page) == []
    assert fits_a_phone(page)
    result.get_by_role("button", name="Photo").click()
    expect(first).to_have_text("a.jpg")
    result.get_by_role("button", name="Photo").click()
    expect(first).to_have_text("b.jpg")
    tables = []
    for kind, read in (("CSV", pd.read_csv), ("PARQUET", pd.read_parquet)):
        with page.expect_download() as download:
            result.locator(".downloads").get_by_text(kind).click()
        tables.append(read(io.BytesIO(Path(download.value.path()).read_bytes())))
    assert tables[0].shape == tables[1].shape == (3, 14)
    assert files_in(server_files) == []


def test_a_long_batch_can_be_cancelled(
    page: Page, portrait: Path, tmp_path: Path, server_files: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for i in range(100):
            archive.write(portrait, f"{i}.jpg")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(tmp_path / "photos.zip")
    cancel(page, "batch", server_files)


def test_batch_of_500_files_is_refused(page: Page, tmp_path: Path, server_files: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for i in range(500):
            archive.writestr(f"{i}.jpg", b"")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(tmp_path / "photos.zip")
    expect(page.locator("#batch-progress [role=status]")).to_contain_text("more than 200")
    assert files_in(server_files) == []


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


@pytest.mark.parametrize("remark", ["", "The Hub could not be reached."])
def test_a_remark_is_shown_at_the_top(remark: str) -> None:
    recognizer = fer.load(BUNDLED)
    engine = Engine(recognizer, recognizer, recognizer.read, recognizer.heat_layer)
    shown = [block for block in build(engine, remark).blocks.values() if block.elem_id == "remark"]
    assert [remark in str(block.value) for block in shown] == ([True] if remark else [])
