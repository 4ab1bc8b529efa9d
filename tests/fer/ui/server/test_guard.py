"""What the server lets in and what it refuses, and that refused uploads leave nothing behind."""

import errno
import socket
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from inside import served
from pages import files_in, open_page, upload
from playwright.sync_api import Browser, expect
from starlette.datastructures import Headers

from fer.ui.server import guard, origins, uploads
from fer.ui.server.gradio_internals import UploadInOwnFolder

JSON = {"Content-Type": "application/json"}
PHOTO = {"files": ("photo.jpg", b"photo")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/config", 200),
        ("GET", "/theme.css", 200),
        ("GET", "/gradio_api/info", 200),
        ("GET", "/gradio_api/startup-events", 200),
        ("GET", "/gradio_api/mcp/schema", 200),
        # Keep or write down what visitors send.
        ("POST", "/gradio_api/process_recording", 404),
        ("GET", "/gradio_api/deep_link?session_hash=a", 404),
        ("GET", "/gradio_api/runs", 404),
        ("POST", "/gradio_api/run-history/connect", 404),
        ("GET", "/gradio_api/run-history/records", 404),
        # Change the app, or show its code.
        ("POST", "/gradio_api/vibe-edit", 404),
        ("GET", "/gradio_api/vibe-code", 404),
        ("POST", "/gradio_api/vibe-starter-queries/", 404),
        ("GET", "/gradio_api/dev/reload", 404),
        # Tell who asked what.
        ("GET", "/monitoring", 404),
        ("GET", "/monitoring/summary", 404),
        ("GET", "/gradio_api/profiling/traces", 404),
        # Pass the queue by, or fetch what a visitor names.
        ("POST", "/gradio_api/run/recognize", 404),
        ("POST", "/gradio_api/api/recognize", 404),
        ("GET", "/gradio_api/file=https://example.org/a.jpg", 404),
        ("GET", "/gradio_api/proxy=https://a.hf.space/a.jpg", 404),
        ("GET", "/gradio_api/file/etc/passwd", 404),
        ("GET", "/gradio_api/../monitoring", 404),
        ("GET", "/gradio_api/custom_component/a/server/b/c", 404),
        ("DELETE", "/gradio_api/upload", 405),
        ("GET", "/anything", 404),
    ],
)
def test_only_what_the_page_needs_is_served(app_url: str, method, path, status) -> None:
    assert httpx.request(method, app_url + path).status_code == status


def test_every_answer_forbids_what_the_page_does_not_need(app_url: str) -> None:
    for path in ("/", "/config", "/gradio_api/info", "/anything"):
        headers = httpx.get(app_url + path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:7860", True),
        ("LOCALHOST", True),
        ("app.localhost:1", True),
        ("127.0.0.1:7860", True),
        ("192.168.1.7:7860", True),
        ("[::1]:7860", True),
        (socket.gethostname(), True),
        ("me-faces.hf.space", True),
        ("faces.example.org", True),
        ("abc.gradio.live", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:7860", False),
        ("other.hf.space", False),
        ("", False),
        ("[", False),
        ("127.0.0.1@evil.example", False),
    ],
)
def test_the_server_answers_under_its_own_names(monkeypatch, host: str, own: bool) -> None:
    monkeypatch.setenv("SPACE_HOST", "me-faces.hf.space")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://faces.example.org/app")
    assert origins.is_own(host, "https://abc.gradio.live") == own


@pytest.mark.parametrize(
    ("headers", "cross"),
    [
        ({}, False),  # a program
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),  # typed in
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),  # another port of this machine
        ({"origin": "http://127.0.0.1:7860"}, False),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://faces.example.org"}, False),  # a proxy's
        ({"origin": "http://[", "x-forwarded-host": "["}, True),
    ],
)
def test_requests_on_behalf_of_other_sites_are_known(monkeypatch, headers, cross) -> None:
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://faces.example.org/app")
    assert origins.is_cross_site(Headers({"host": "127.0.0.1:7860"} | headers)) == cross


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "evil.example"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
    ],
)
def test_an_upload_comes_from_the_page_itself(
    app_url: str, server_files: Path, headers, status
) -> None:
    answer = httpx.post(f"{app_url}/gradio_api/upload", files=PHOTO, headers=headers)
    assert answer.status_code == status
    for path in answer.json() if status == 200 else []:
        Path(path).unlink()
    assert files_in(server_files) == []


def parts(length: int):
    """A body whose length nobody says before."""
    for _ in range(length // 100_000):
        yield b" " * 100_000


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("queue/join", JSON, b" " * 3_000_000, 413),
        ("call/recognize", JSON, parts(3_000_000), 413),
        ("component_server/", JSON, parts(3_000_000), 413),
        ("queue/join", {"Content-Type": "text/plain"}, b"{}", 415),
        ("component_server/", {"Content-Type": "multipart/form-data; boundary=a"}, b"", 415),
    ],
)
def test_a_body_is_small_json(app_url: str, path, headers, body, status) -> None:
    answer = httpx.post(f"{app_url}/gradio_api/{path}", content=body, headers=headers)
    assert answer.status_code == status
    most = guard.limit(f"/gradio_api/{path}") // 1_000_000
    assert answer.text in (guard.NO_JSON, guard.TOO_LARGE.format(most))


@pytest.mark.parametrize(
    ("path", "length", "most"), [("mcp/", 100_000_001, 100), ("upload", 1_000_000_001, 1000)]
)
def test_what_is_too_large_is_not_even_read(app_url: str, path, length, most) -> None:
    connection = HTTPConnection(urlsplit(app_url).netloc)
    headers = JSON | {"Content-Length": str(length)}
    connection.request("POST", f"/gradio_api/{path}", b"", headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read().decode()) == (413, guard.TOO_LARGE.format(most))
    connection.close()


def wait_for(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_upload_that_breaks_off_leaves_nothing(app_url: str, server_files: Path) -> None:
    address = urlsplit(app_url)
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 9999\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\nhalf a photo'
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())
        wait_for(lambda: files_in(server_files))
    wait_for(lambda: not files_in(server_files))


def test_a_full_disk_is_said_and_not_made_fuller(
    monkeypatch, browser: Browser, portrait: Path, tmp_path: Path
) -> None:
    async def write(self: UploadInOwnFolder, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(UploadInOwnFolder, "write", write)
    with served() as page:
        answer = httpx.post(f"{page.local_api_url}upload", files=PHOTO)
        opened = open_page(browser, page.local_url)
        upload(opened, portrait)
        expect(opened.get_by_text(uploads.DISK_FULL)).to_be_visible()
        opened.close()
    assert (answer.status_code, answer.text) == (507, uploads.DISK_FULL)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    ("site", "shown"), [("https://huggingface.co", True), ("https://example.org", False)]
)
def test_the_page_is_shown_in_a_frame_of_the_hub_alone(
    browser: Browser, app_url: str, site: str, shown: bool
) -> None:
    page = browser.new_page()
    frame = f'<iframe src="{app_url}"></iframe>'
    page.route(f"{site}/*", lambda route: route.fulfill(body=frame, content_type="text/html"))
    # As if it came from the internet: browsers keep sites there from addresses of this machine.
    page.route(f"{app_url}/", lambda route: route.fulfill(response=route.fetch()))
    page.goto(f"{site}/space")
    assert page.frames[1].url.startswith(app_url) == shown
    page.close()
