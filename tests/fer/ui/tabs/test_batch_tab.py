"""The batch tab in a real browser."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from pages import cancel_job, files_in, fits_a_phone, open_tab, serious
from PIL import Image
from pillow_heif import from_pillow
from playwright.sync_api import Page, expect

import fer
from fer.bulk.run import Job, recognize


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
    expect(result.locator(".report .counts dd")).to_have_text(["4", "3", "0", "1"])
    expect(result.locator(".report .faces img")).to_have_count(1)  # of three copies
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


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_results_of_the_command_line_are_opened(
    page: Page, results: Path, server_files: Path, kind: str
) -> None:
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(results.with_suffix(f".{kind}"))
    result = page.locator("#batch-result")
    expect(result).to_contain_text(f"results.{kind}: 10 faces in 13 pictures")
    expect(result.locator(".counts dd")).to_have_text(["13", "10", "1", "2"])
    expect(result).to_contain_text("film.mp4")
    expect(result.locator(".failures li")).to_have_count(2)
    expect(result.locator(".report img")).to_have_count(0)  # the names could be of any files
    with page.expect_download() as download:
        result.locator(".downloads").get_by_text("HTML").click()
    assert "Failed: 2" in Path(download.value.path()).read_text("utf-8")
    assert serious(page) == []
    assert fits_a_phone(page)
    assert files_in(server_files) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["results.csv", "results.jsonl"], "Results are opened one file at a time"),
        (["other.csv"], "other.csv is not of fer batch: it has no column source."),
        (["bad.parquet"], "bad.parquet is damaged: let fer batch make it again."),
    ],
)
def test_what_cannot_be_opened_is_said(
    page: Page, results: Path, server_files: Path, names: list[str], said: str
) -> None:
    results.with_name("other.csv").write_text("a,b\n1,2\n")
    results.with_name("bad.parquet").write_bytes(b"rubbish")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(
        [results.with_name(name) for name in names]
    )
    expect(page.locator("#batch-progress [role=status]")).to_contain_text(said)
    assert files_in(server_files) == []


@pytest.fixture(scope="module")
def results(fast: fer.Recognizer, mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `fer batch` wrote, of each kind."""
    folder = tmp_path_factory.mktemp("results")
    for kind in ("parquet", "csv", "jsonl"):
        recognize(Job([str(mixed)], folder / f"results.{kind}"), fast)
    return folder / "results.csv"


def test_a_batch_takes_an_iphones_photos(page: Page, portrait: Path, tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.HEIC"
    from_pillow(Image.open(portrait)).save(path)
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files([path])
    expect(page.locator("#batch-result")).to_contain_text("1 face in 1 photo")


def test_a_long_batch_can_be_cancelled(
    page: Page, portrait: Path, tmp_path: Path, server_files: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for i in range(100):
            archive.write(portrait, f"{i}.jpg")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(tmp_path / "photos.zip")
    cancel_job(page, "batch", server_files)


def test_batch_of_500_files_is_refused(page: Page, tmp_path: Path, server_files: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for i in range(500):
            archive.writestr(f"{i}.jpg", b"")
    open_tab(page, "Batch")
    page.locator("#batch-files input[type=file]").set_input_files(tmp_path / "photos.zip")
    expect(page.locator("#batch-progress [role=status]")).to_contain_text("more than 200")
    assert files_in(server_files) == []
