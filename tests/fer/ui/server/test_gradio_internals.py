"""What the page relies on in gradio's private parts: a test for each, so that it is known which
of them a new version of gradio has changed."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from gradio import queueing, route_utils

from fer.ui.server import gradio_internals


def a_page() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as page:
        gr.State()
    return page.queue()


@pytest.fixture
def gradio_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests have applied."""
    theirs = gradio_internals.UploadInOwnFolder.__base__
    monkeypatch.setattr(route_utils, "GradioUploadFile", theirs)


def waits_of(start: str, page: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> set[float]:
    """For how many seconds a loop of the queue rests while nobody asks for anything."""
    waits: set[float] = set()

    async def rest(seconds: float) -> None:
        waits.add(seconds)
        page._queue.stopped = True

    monkeypatch.setattr(queueing, "asyncio", SimpleNamespace(sleep=rest))
    with ThreadPoolExecutor() as pool:
        # In a thread of its own, for the browser's tests leave an event loop behind in this one.
        pool.submit(asyncio.run, getattr(page._queue, start)()).result()
    return waits


@pytest.mark.parametrize(
    ("loop", "seconds"),
    [
        ("start_processing", gradio_internals.IDLE_SECONDS),
        ("start_progress_updates", gradio_internals.PROGRESS_SECONDS),
    ],
)
def test_a_queue_rests_as_long_as_its_attributes_say(
    monkeypatch: pytest.MonkeyPatch, loop: str, seconds: float
) -> None:
    """`sleep_when_free` and `progress_update_sleep_when_free`, read anew at every rest."""
    (theirs,) = waits_of(loop, a_page(), monkeypatch)
    assert theirs < seconds
    page = a_page()
    gradio_internals.apply(page)
    assert waits_of(loop, page, monkeypatch) == {seconds}


def upload_twice(page: gr.Blocks) -> tuple[Path, Path]:
    """Where the same content lies that two visitors send."""
    page.launch(prevent_thread_lock=True, quiet=True)
    address, files = f"{page.local_url}gradio_api/upload", {"files": ("a.txt", b"the same")}
    one, other = (httpx.post(address, files=files).json()[0] for _ in range(2))
    page.close()
    return Path(one), Path(other)


@pytest.mark.usefixtures("gradio_as_it_comes")
def test_an_upload_lies_in_a_folder_named_after_its_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The multipart parser looks `GradioUploadFile` up in its module, and uses its `sha`."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    one, other = upload_twice(a_page())
    assert one == other, "gradio keeps uploads apart by itself: UploadInOwnFolder can go"
    page = a_page()
    gradio_internals.apply(page)
    one, other = upload_twice(page)
    assert one != other
    assert one.read_bytes() == other.read_bytes() == b"the same"


def test_a_page_knows_the_files_that_its_queue_waits_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`_queue.event_ids_to_events`: requests that wait or are answered, no others."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    started, go_on = threading.Semaphore(0), threading.Event()

    def answer(upload: object) -> None:
        started.release()
        go_on.wait()

    with gr.Blocks(analytics_enabled=False) as page:
        gr.Button().click(answer, gr.JSON(), api_name="answer")
    page.queue(default_concurrency_limit=1).launch(prevent_thread_lock=True, quiet=True)
    paths = [tmp_path / "answered.jpg", tmp_path / "waits.jpg"]
    events = []
    for path in paths:
        inputs = {"data": [{"path": str(path)}]}
        sent = httpx.post(f"{page.local_api_url}call/answer", json=inputs)
        events.append(sent.json()["event_id"])
    started.acquire()
    assert gradio_internals.awaited_files(page) == set(paths)
    go_on.set()
    for event in events:
        assert "complete" in httpx.get(f"{page.local_api_url}call/answer/{event}").text
    end = time.monotonic() + 60
    while gradio_internals.awaited_files(page):
        assert time.monotonic() < end, "still awaited"
        time.sleep(0.01)
    page.close()
