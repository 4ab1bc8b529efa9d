"""The video tab in a real browser."""

import csv
from pathlib import Path

import pytest
from films import write_clip
from pages import cancel_job, files_in, fits_a_phone, open_tab, serious
from playwright.sync_api import Page, expect

from fer.labels import EMOTIONS


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
    cancel_job(page, "video", server_files)


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
