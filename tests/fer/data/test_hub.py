"""A data set on the Hub is taken as of one commit, which is said; a folder is a folder."""

from types import SimpleNamespace

import huggingface_hub
import pytest
from generated import write_split
from huggingface_hub.errors import OfflineModeIsEnabled, RevisionNotFoundError
from huggingface_hub.utils import validate_repo_id

from fer.data import load_split
from fer.data.hub import pinned, split_name
from fer.errors import FerError, full_stop
from train.data.repeats import main as repeats
from train.evaluate import main as judge
from train.train import main as train

COMMIT = "0123456789" * 4


@pytest.fixture
def asked(monkeypatch) -> list[tuple[str, str | None]]:
    """What the Hub, which has one commit of all, was asked for."""
    requests = []

    def dataset_info(_, repo, revision=None, **__):
        validate_repo_id(repo)
        requests.append((repo, revision))
        if revision == "none":
            raise RevisionNotFoundError("", response=SimpleNamespace(headers={}, request=None))
        if repo == "me/gone":
            raise OfflineModeIsEnabled
        return SimpleNamespace(sha=COMMIT)

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", dataset_info)
    return requests


@pytest.mark.parametrize(
    ("data", "name", "requests"),
    [
        ("me/faces", f"me/faces@{COMMIT}", [("me/faces", "main")]),
        ("me/faces@v1", f"me/faces@{COMMIT}", [("me/faces", "v1")]),
        (f"me/faces@{COMMIT}", f"me/faces@{COMMIT}", []),
        (".", ".", []),
        ("tests/fer", "tests/fer", []),
        ("no/such/folder", "no/such/folder", []),
        ("me/gone", "me/gone", [("me/gone", "main")]),
    ],
)
def test_a_data_set_on_the_hub_is_one_commit(asked, capsys, data, name, requests):
    assert pinned(data) == name
    assert asked == requests
    said = capsys.readouterr().out
    assert (COMMIT in said) == (name != data)
    assert ("of whatever commit" in said) == (data == "me/gone")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("", "The data has no name: give a folder"),
        (" ", "The data has no name: give a folder"),
        ("me/faces@none", "has no revision none"),
        ("me/gone@v1", "broke off"),
        (f"me/{'x' * 300}", "neither a folder here nor the id"),
    ],
)
def test_what_cannot_be_one_commit_gets_a_sentence(asked, data, sentence):
    with pytest.raises(FerError, match=sentence):
        pinned(data)


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ("me/faces", ("me/faces", None)),
        ("me/faces@v1", ("me/faces", "v1")),
        ("folder", ("folder", None)),
    ],
)
def test_a_name_has_a_repository_and_a_revision(data, parts):
    assert split_name(data) == parts


@pytest.mark.parametrize(
    "command",
    [
        lambda: repeats(["--data", ""]),
        lambda: judge(["--data", "", "--model", "fast"]),
        lambda: train(["--data", "", "--out", "out"]),
    ],
)
def test_no_command_takes_no_name_for_the_folder_it_is_in(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    write_split(tmp_path / "train.parquet", 7)
    assert command() == 2
    assert "The data has no name" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["it is gone", "it is gone.", "it is gone...", "it is gone. "])
def test_a_sentence_ends_once(said):
    assert full_stop(said) == "it is gone."


def test_what_is_said_of_bad_data_ends_once(tmp_path):
    (tmp_path / "validation.parquet").write_bytes(b"no table")
    with pytest.raises(FerError) as error:
        load_split(tmp_path, "validation")
    assert not str(error.value).endswith("..")
