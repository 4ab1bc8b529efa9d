"""A bad network: models are pulled all the same, or one sentence says why not."""

import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from generated import FASTER
from hub import TOKEN, Fault
from PIL import Image

import fer
from fer.cli import main
from fer.models.bundled import BUNDLED
from fer.recognizer import load_or_bundled

CROP = Image.effect_noise((112, 112), 90).convert("RGB")
DOWN = Fault("", "down")
WEIGHTS = "model.safetensors"


@pytest.fixture
def hub(loopback):
    loopback.upload("me/model", FASTER)
    return loopback


def answer(model: str) -> bytes:
    return fer.load(model).predict([CROP]).tobytes()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("HEAD", 401), r"does not let you read me/model \(401\): check HF_TOKEN"),
        (Fault("HEAD", 403), r"does not let you read me/model \(403\): check HF_TOKEN"),
        (Fault("HEAD", 404), "nor a repository me/model on the Hub"),
        (Fault("HEAD", 404, headers={"X-Error-Code": "RepoNotFound"}), "nor a repository me/model"),
        (Fault("HEAD", 403, headers={"X-Error-Code": "GatedRepo"}), "accept its terms"),
        (Fault("HEAD", 409), r"cannot hand out me/model now \(it answered 409\)"),
        (Fault("HEAD", 429), r"cannot hand out me/model now \(it answered 429\)"),
        (Fault("HEAD", 500), r"cannot hand out me/model now \(it answered 500\)"),
        (Fault(f"GET.*{WEIGHTS}", 403), r"does not let you read me/model \(403\): check HF_TOKEN"),
        (Fault(f"GET.*{WEIGHTS}", 429), r"cannot hand out me/model now \(it answered 429\)"),
        (Fault(f"GET.*{WEIGHTS}", 500), r"cannot hand out me/model now \(it answered 500\)"),
        (Fault("", "down"), "cannot be reached and the whole of me/model is not in the cache"),
        (Fault("", "stalled"), "cannot be reached and the whole of me/model is not in the cache"),
        (Fault(f"HEAD.*{WEIGHTS}", "down"), "broke off: start it again"),
        (Fault(f"GET.*{WEIGHTS}", "cut"), "broke off: start it again"),
        (Fault(f"GET.*{WEIGHTS}", "truncated"), "broke off: start it again"),
        (Fault(WEIGHTS, "truncated"), "SHA-256 is not the one in config.json"),
        (Fault(WEIGHTS, "changed"), "SHA-256 is not the one in config.json"),
        (Fault(f"GET.*{WEIGHTS}", "stalled"), "broke off: start it again"),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_fault_gets_one_sentence_and_is_forgotten(
    hub, cache, portrait, monkeypatch, capfd, fault, sentence
):
    hub.faults = [fault]
    if fault.what == "stalled":
        monkeypatch.setattr("fer.models.hub.PROBE_SECONDS", 0.3)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.3)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(fer.ModelError, match=sentence) as caught:
        fer.load("me/model")
    assert "\n" not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value)), "as a script shows it"
    assert not list(cache.rglob(WEIGHTS))
    assert main([str(portrait), "--model", "me/model"]) == 2
    output = capfd.readouterr()
    assert output.err.splitlines()[-1] == str(caught.value)
    assert TOKEN not in output.out + output.err
    hub.faults = []
    assert answer("me/model") == answer(FASTER)


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault("HEAD", 429, 3, {"Retry-After": "7"}), 7),
        (Fault(f"GET.*{WEIGHTS}", 429, 1, {"Retry-After": "7"}), 7),
        (Fault("HEAD", 500, 3), 1),
        (Fault(f"GET.*{WEIGHTS}", "cut", 1), 1),
        (Fault(WEIGHTS, "slow"), 0),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_passing_fault_is_waited_for(hub, monkeypatch, fault, wait):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 2**20)
    hub.faults = [fault]
    assert answer("me/model") == answer(FASTER)
    assert max(hub.waits, default=0) in (wait, wait + 1)
    went_on = [request for request in hub.requests if "bytes=" in request]
    assert len(went_on) == (fault.what == "cut"), "it goes on where it broke off"


def test_a_download_of_xets_client_that_breaks_off(hub, monkeypatch):
    def break_off(*_: object, **__: object) -> None:
        raise RuntimeError("Data processing error")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", break_off)
    with pytest.raises(fer.HubUnreachable, match="broke off: start it again"):
        fer.load("me/model")


def test_a_cache_that_cannot_be_written(hub, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(fer.HubError, match=r"cannot hold me/model \(Not a directory\)"):
        fer.load("me/model")


def test_the_bundled_model_answers_while_the_hub_is_out_of_reach(hub):
    hub.faults = [DOWN]
    recognizer, notice = load_or_bundled("me/model")
    assert recognizer.name == Path(BUNDLED).name
    assert "in place of me/model" in notice
    hub.faults = []
    recognizer, notice = load_or_bundled("me/model")
    assert (recognizer.name, notice) == ("me/model", None)
    for faults in ([], [Fault("HEAD", 404)]):  # from a server that gives no reason
        hub.faults = faults
        with pytest.raises(fer.HubError, match="nor a repository"):  # a slip must not be hidden
            load_or_bundled("me/modle")


def test_the_page_says_when_another_model_answers(hub, monkeypatch, import_app):
    hub.faults = [DOWN]
    monkeypatch.setenv("FER_MODEL", "me/model")
    page = import_app().demo.get_config_file()
    assert "The bundled model answers in place of me/model" in str(page)


PULL = """
from huggingface_hub import constants
import fer
constants.DOWNLOAD_CHUNK_SIZE = 2**16  # so that a half of the file is written before the rest
fer.load("me/model")
"""


@pytest.mark.parametrize(
    ("file", "what"), [("config.json", "stalled"), (WEIGHTS, "stalled"), (WEIGHTS, "hung")]
)
def test_a_killed_pull_leaves_nothing_that_is_trusted(hub, cache, file, what):
    hub.faults = [Fault(f"GET.*{file}", what)]
    environment = {**os.environ, "HF_HUB_CACHE": str(cache), "HF_HUB_DOWNLOAD_TIMEOUT": "60"}
    process = subprocess.Popen([sys.executable, "-c", PULL], env=environment)

    def reached() -> bool:
        asked = any(request.startswith("GET") and file in request for request in hub.requests)
        written = sum(path.stat().st_size for path in cache.rglob("*.incomplete"))
        return asked and (what == "stalled" or written > 2**20)

    while not reached():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.faults = [DOWN]
    with pytest.raises(fer.HubUnreachable, match="the whole of me/model is not in the cache"):
        fer.load("me/model")
    hub.faults = []
    assert answer("me/model") == answer(FASTER)
