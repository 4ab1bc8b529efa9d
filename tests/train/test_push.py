"""A bad network: a push is complete or leaves nothing, and one sentence says why."""

import signal
import subprocess
import sys
import time
import traceback

import pytest
from generated import FASTER
from hub import TOKEN, Clock, Fault

import fer
from train.publish import main
from train.publishing.push import Push


@pytest.fixture
def hub(loopback, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return loopback


def publish(*more: str, repo: str = "me/model") -> int:
    return main([FASTER, "--repo", repo, *more])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("create", 401), "does not let you write to me/model (401): check HF_TOKEN"),
        (Fault("create", 403), "does not let you write to me/model (403): check HF_TOKEN"),
        (Fault("/commit/", 403), "does not let you write to me/model (403): check HF_TOKEN"),
        (Fault("preupload", 404), "There is no repository me/model"),
        (Fault("/commit/", 400), "did not accept the files for me/model"),
        (Fault("/commit/", 409), "Somebody else committed to me/model meanwhile"),
        (Fault("/commit/", 412), "Somebody else committed to me/model meanwhile"),
        (Fault("create", 429, 9, {"Retry-After": "7"}), "cannot take me/model now"),
        (Fault("preupload", 500), "cannot take me/model now (it answered 500)"),
        (Fault("batch", 500), "cannot take me/model now (it answered 500)"),
        (Fault("PUT /lfs", 500), "cannot take me/model now (it answered 500)"),
        (Fault("/commit/", 500), "cannot take me/model now (it answered 500)"),
        (Fault("create", "down"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "down"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "cut"), "The connection to the Hub broke off"),
        (Fault("PUT /lfs", "truncated"), "did not accept the files for me/model"),
        (Fault("/commit/", "down"), "The connection to the Hub broke off"),
    ],
    ids=lambda value: f"{value.where} {value.what}" if isinstance(value, Fault) else "",
)
def test_a_fault_gets_one_sentence_and_nothing_is_committed(
    hub, capfd, monkeypatch, fault, sentence
):
    monkeypatch.setattr("train.publishing.push.time", Clock(hub))
    hub.faults = [fault]
    assert publish() == 2
    output = capfd.readouterr()
    assert sentence in output.err.splitlines()[-1]
    assert TOKEN not in output.out + output.err
    repo = hub.repo("me/model")
    assert not repo.path.exists() or repo.files() == [".gitattributes"]
    hub.faults = []
    assert publish() == 0


def test_a_hub_that_falls_silent_is_not_waited_for(hub, monkeypatch, capsys):
    monkeypatch.setattr("train.publishing.push.SILENCE", 0.2)
    hub.faults = [Fault("preupload", "stalled")]
    assert publish() == 2
    assert "The connection to the Hub broke off" in capsys.readouterr().err


def test_a_client_that_may_not_ask(hub, monkeypatch, capsys):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert publish() == 2
    assert "HF_HUB_OFFLINE forbids to push" in capsys.readouterr().err


def test_no_traceback_repeats_what_the_server_says(hub):
    hub.faults = [Fault("create", 403)]
    with pytest.raises(fer.HubError) as caught:
        Push("me/model").create()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_somebody_elses_commit_is_not_built_over(hub, monkeypatch, capsys):
    assert publish() == 0
    seen = hub.repo("me/model").head()
    theirs = hub.repo("me/model").commit({"note.txt": b"theirs"})
    monkeypatch.setattr("train.publishing.push.Push.create", lambda _: seen)
    assert publish() == 2
    assert "Somebody else committed to me/model meanwhile" in capsys.readouterr().err
    assert hub.repo("me/model").head() == theirs


def test_a_busy_hub_is_asked_again_when_it_says(hub, monkeypatch):
    monkeypatch.setattr("train.publishing.push.time", Clock(hub))
    hub.faults = [Fault("/commit/", 429, 2, {"Retry-After": "7"})]
    assert publish() == 0
    assert hub.waits == [7, 7]


@pytest.mark.parametrize(
    ("token", "repo", "sentence"),
    [
        (None, "me/model", "check HF_TOKEN"),
        ("hf_wrong", "me/model", "check HF_TOKEN"),
        ("hf_é", "me/model", "HF_TOKEN holds characters that no token has"),
        (TOKEN, "me/a/b", "is not the id of a repository"),
    ],
)
def test_a_wrong_token_or_name(hub, monkeypatch, capsys, token, repo, sentence):
    monkeypatch.delenv("HF_TOKEN") if token is None else monkeypatch.setenv("HF_TOKEN", token)
    assert publish(repo=repo) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert token is None or token not in error


def test_a_proposal_needs_a_repository(hub, capsys):
    assert publish("--create-pr") == 2
    assert "There is no repository me/model" in capsys.readouterr().err
    assert not hub.repo("me/model").path.exists()


def test_a_public_repository_is_not_taken_for_a_private_one(hub, capsys):
    hub.repo("me/model").create()
    assert publish("--private") == 2
    assert "exists and is public" in capsys.readouterr().err
    assert hub.repo("me/model").files() == [".gitattributes"]


@pytest.mark.parametrize("moment", ["preupload", "PUT /lfs", "/commit/"])
def test_a_killed_push_commits_nothing(hub, moment):
    hub.faults = [Fault(moment, "stalled")]
    command = [sys.executable, "-m", "train.publish", FASTER, "--repo", "me/model"]
    process = subprocess.Popen(command)
    while not any(moment in request for request in hub.requests):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert hub.repo("me/model").files() == [".gitattributes"]
    hub.faults = []
    assert publish() == 0
