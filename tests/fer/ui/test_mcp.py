"""The endpoints as tools of an MCP server."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from films import write_clip
from inside import served
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from pages import files_in

T = TypeVar("T")


def ask(url: str, question: Callable[[ClientSession], Awaitable[T]]) -> T:
    """What the app's MCP server answers."""

    async def connect() -> T:
        async with (
            streamable_http_client(f"{url}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await question(session)

    with ThreadPoolExecutor() as pool:
        # In a thread of its own, for the browser's tests leave an event loop behind in this one.
        return pool.submit(asyncio.run, connect()).result()


def call(url: str, tool: str, inputs: dict[str, Any]) -> tuple[bool, str]:
    """Whether a tool went wrong, and its text."""
    answer = ask(url, lambda session: session.call_tool(tool, inputs))
    (content,) = answer.content
    return answer.isError, content.text


def address(path: Path, kind: str) -> str:
    return f"data:{kind};base64," + base64.b64encode(path.read_bytes()).decode()


@pytest.fixture
def sent(portrait: Path, tmp_path: Path) -> dict[str, Any]:
    """What stands for a file in the tables below."""
    clip = write_clip(tmp_path / "clip.mp4", portrait, 0.5)
    photo = address(portrait, "image/jpeg")
    return {"a photo": photo, "photos": [photo, photo], "a clip": address(clip, "video/mp4")}


@pytest.mark.parametrize(
    ("tool", "inputs", "found"),
    [
        ("recognize", {"photo": "a photo"}, lambda answer: answer["faces"][0]["emotion"]),
        ("explain", {"photo": "a photo", "emotion": "anger"}, lambda answer: answer["emotion"]),
        ("batch", {"photos": "photos"}, lambda answer: [row["file"] for row in answer["rows"]]),
        ("video", {"clip": "a clip"}, lambda answer: answer["rows"][0]["emotion"]),
    ],
)
def test_a_tool_answers_in_json(
    app_url: str, sent: dict[str, Any], server_files: Path, tool, inputs, found
) -> None:
    expected = {"explain": "anger", "batch": ["photos-1.jpg", "photos-2.jpg"]}
    given = {name: sent.get(value, value) for name, value in inputs.items()}
    wrong, text = call(app_url, tool, given)
    assert not wrong, text
    assert found(json.loads(text)) == expected.get(tool, "happiness")
    assert files_in(server_files) == []


@pytest.mark.parametrize(
    ("tool", "inputs", "word"),
    [
        ("recognize", {"photo": "https://example.org/a.jpg"}, "data: address in base64"),
        ("recognize", {"photo": "data:image/jpeg;base64,?"}, "data: address in base64"),
        ("recognize", {"photo": "/etc/passwd"}, "data: address in base64"),
        ("recognize", {"photo": "data:image/jpeg;base64,aGVsbG8="}, "not an image"),
        ("batch", {"photos": 5}, "not of type 'array'"),
        ("batch", {"photos": []}, "no photos"),
    ],
)
def test_a_tool_says_what_is_wrong(app_url: str, server_files: Path, tool, inputs, word) -> None:
    assert word in call(app_url, tool, inputs)[1]
    assert files_in(server_files) == []


def test_every_tool_and_every_input_is_described(app_url: str) -> None:
    tools = ask(app_url, lambda session: session.list_tools()).tools
    inputs = {tool.name: tool.inputSchema["properties"] for tool in tools}
    assert {name: list(given) for name, given in inputs.items()} == {
        "recognize": ["photo"],
        "explain": ["photo", "face", "emotion", "model"],
        "batch": ["photos"],
        "video": ["clip"],
    }
    assert all(tool.description for tool in tools)
    assert all(one["description"] for given in inputs.values() for one in given.values())
    assert inputs["batch"]["photos"]["items"]["type"] == "string"


def test_nothing_is_a_tool_until_that_is_switched_on() -> None:
    with served() as page:
        assert httpx.get(f"{page.local_url}gradio_api/mcp/").status_code == 404
