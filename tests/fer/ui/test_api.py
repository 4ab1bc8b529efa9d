"""The endpoints as other programs use them, and what they refuse."""

import base64
import io
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest
from films import write_clip
from gradio_client import Client, handle_file
from inside import served
from load import visit
from pages import files_in
from PIL import Image
from serving import ROOT

from fer.bench.app import ask
from fer.errors import FerError
from fer.labels import EMOTIONS
from fer.models.bundled import BUNDLED


@pytest.fixture(scope="module")
def client(app_url: str) -> Client:
    return Client(app_url, verbose=False)


@pytest.fixture(scope="module")
def member_url() -> Iterator[str]:
    """Address of the page served by this process, whose log a test can read."""
    with served() as page:
        yield page.local_url.rstrip("/")


def test_recognize(client: Client, portrait: Path, server_files: Path) -> None:
    answer = client.predict(photo=handle_file(portrait), api_name="/recognize")
    assert answer["model"] == Path(BUNDLED).name
    (face,) = answer["faces"]
    assert face["emotion"] == "happiness"
    assert face["sure"]
    assert list(face["probabilities"]) == list(EMOTIONS)
    assert files_in(server_files) == []


def test_explain(client: Client, portrait: Path) -> None:
    answer = client.predict(
        photo=handle_file(portrait), face=1.0, emotion="anger", model=0.0, api_name="/explain"
    )
    pictures = [
        Image.open(io.BytesIO(base64.b64decode(answer[name].partition(",")[2])))
        for name in ("photo", "heatmap")
    ]
    assert pictures[0].size == pictures[1].size
    assert pictures[1].mode == "RGBA"


def test_batch_and_video(client: Client, portrait: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_text("no photo")
    files = [handle_file(portrait), handle_file(tmp_path / "bad.jpg")]
    answer = client.predict(photos=files, api_name="/batch")
    assert [row["emotion"] for row in answer["rows"]] == ["happiness"]
    (problem,) = answer["problems"]
    assert problem["file"] == "bad.jpg"
    assert "not an image" in problem["error"]
    clip = write_clip(tmp_path / "clip.mp4", portrait, 0.5)
    answer = client.predict(clip=handle_file(clip), api_name="/video")
    assert {row["emotion"] for row in answer["rows"]} == {"happiness"}


@pytest.mark.parametrize(
    ("endpoint", "inputs", "word"),
    [
        ("/recognize", {"photo": None}, "No file was uploaded"),
        ("/explain", {"photo": "portrait", "face": 2}, "no face 2"),
        ("/explain", {"photo": "portrait", "emotion": "joy"}, "not an emotion"),
        ("/explain", {"photo": "portrait", "model": 7}, "no model 7"),
        ("/explain", {"photo": "portrait", "model": "one"}, "no model 'one'"),
        ("/batch", {"photos": []}, "no photos"),
        ("/video", {"clip": "portrait"}, "not a video"),
    ],
)
def test_an_error_is_a_sentence(
    client: Client, portrait: Path, endpoint: str, inputs: dict[str, Any], word: str
) -> None:
    files = {"portrait": handle_file(portrait)}
    given = {name: files.get(str(value), value) for name, value in inputs.items()}
    assert word in client.predict(**given, api_name=endpoint)["error"]


def post(url: str, endpoint: str, data: list[Any]) -> str:
    address = f"{url}/gradio_api/call/{endpoint}"
    body = json.dumps({"data": data}).encode()
    event = json.load(urlopen(Request(address, body, {"Content-Type": "application/json"})))
    return urlopen(f"{address}/{event['event_id']}", timeout=60).read().decode()


@pytest.mark.parametrize("endpoint", ["recognize", "batch", "video"])
@pytest.mark.parametrize(
    "make",
    [
        lambda portrait: {"path": str(portrait)},
        lambda portrait: {"path": str(portrait), "meta": {"_type": "gradio.FileData"}},
        lambda portrait: {"path": "fer/ui/examples/astronaut.jpg"},
        lambda portrait: {"path": None},
        lambda portrait: {"path": "\0"},
        lambda portrait: str(portrait),
        lambda portrait: None,
    ],
    ids=["path", "path as file data", "relative path", "no path", "zero", "text", "nothing"],
)
def test_no_file_of_the_server_is_opened(app_url, portrait, endpoint, make) -> None:
    upload = make(portrait)
    answer = post(app_url, endpoint, [[upload] if endpoint == "batch" else upload])
    assert "event: complete" in answer or "event: error" in answer
    assert "happiness" not in answer


LINK = {"path": "http://127.0.0.1:9/a.jpg"}
DATA = {"path": "data:image/jpeg;base64," + "QUJD" * 1000}


@pytest.mark.parametrize("endpoint", ["recognize", "explain", "batch", "video"])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (5, r"No file was uploaded|come as a list"),
        ("text", r"No file was uploaded|come as a list"),
        ([5], r"No file was uploaded"),
        ([[None]], r"No file was uploaded"),
        ({"path": 5, "meta": 5}, r"No file was uploaded|come as a list"),
        ([LINK], r"No file|not followed here"),
        (LINK, r"not followed here|come as a list"),
        (DATA, r"not followed here|come as a list"),
        ("nothing", "0 of [14] inputs"),
    ],
)
def test_an_odd_request_gets_a_sentence_and_is_not_logged(
    member_url: str, capfd, endpoint: str, given, sentence: str
) -> None:
    file = given | {"meta": META} if isinstance(given, dict) and "meta" not in given else given
    others = [1, "anger", 0] if endpoint == "explain" else []
    answer = post(member_url, endpoint, [] if given == "nothing" else [file, *others])
    assert re.search(rf'"error": "[^"]*({sentence})', answer)
    assert capfd.readouterr() == ("", "")


def examples(language: str) -> list[str]:
    """The README's examples of the API in a language."""
    text = (ROOT / "fer/ui/README.md").read_text(encoding="utf-8")
    return [block.split("```")[0] for block in text.split(f"```{language}\n")[1:]]


def test_readme_names_every_endpoint_and_its_inputs(client: Client) -> None:
    section = (ROOT / "fer/ui/README.md").read_text(encoding="utf-8").split("| Endpoint")[1]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `/")]
    told = {row[1].strip(" `"): re.findall("`(.+?)`", row[2]) for row in rows}
    offered = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert told == {
        name: [one["parameter_name"] for one in endpoint["parameters"]]
        for name, endpoint in offered.items()
    }


def test_readme_examples_run(app_url: str) -> None:
    (python,), (curl,) = examples("python"), examples("sh")
    (with_address,) = (code.replace("http://127.0.0.1:7860", app_url) for code in [curl])
    done = subprocess.run(["bash", "-euc", with_address], capture_output=True, text=True, cwd=ROOT)
    assert '"happiness"' in done.stdout, done.stderr
    names: dict[str, Any] = {}
    exec(python.replace("http://127.0.0.1:7860", app_url), names)
    assert names["answer"]["faces"][0]["emotion"] == "happiness"


def test_a_few_users_at_once_get_their_own_answers(app_url: str, portrait: Path) -> None:
    problems: list[str] = []
    threads = [
        threading.Thread(target=visit, args=[app_url, portrait, number, 1, problems])
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_the_same_photo_from_two_visitors_is_two_files(app_url: str, portrait: Path) -> None:
    sent = [
        httpx.post(
            f"{app_url}/gradio_api/upload", files={"files": ("a.jpg", portrait.read_bytes())}
        )
        for _ in range(2)
    ]
    (one,), (other,) = (answer.json() for answer in sent)
    assert one != other
    for path in (one, other):  # each is answered, and erased by that
        assert "happiness" in post(app_url, "recognize", [{"path": path, "meta": META}])
        assert "happiness" not in post(app_url, "recognize", [{"path": path, "meta": META}])


def test_fer_bench_is_answered_and_notices_when_it_is_not(
    app_url: str, portrait: Path, tmp_path: Path
) -> None:
    ask(f"{app_url}/gradio_api", portrait)
    (tmp_path / "bad.jpg").write_text("no photo")
    with pytest.raises(FerError, match="gave no answer"):
        ask(f"{app_url}/gradio_api", tmp_path / "bad.jpg")


META = {"_type": "gradio.FileData"}
