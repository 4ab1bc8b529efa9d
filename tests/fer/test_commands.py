"""However a command ends, it ends in a sentence."""

import errno
import os
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors import SafetensorError

from fer.commands import run_command
from fer.errors import HubError, ModelError
from fer.models import weights
from fer.models.config import TrainingData
from fer.networks.registry import build
from train.engine.interruption import run_resumable


def failing(error: BaseException):
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/x/metrics.json"),
            "runs/x/metrics.json cannot be used (No space left on device): free some space and",
            2,
        ),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "A file cannot be used (Disk quota", 2),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "choose a place that is", 2),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "x/y"), "choose another place", 2),
        (KeyboardInterrupt(), "Stopped.", 130),
    ],
    ids=["full disk", "quota", "forbidden", "in the way", "Ctrl+C"],
)
def test_a_command_ends_in_a_sentence(capsys, error, sentence, code):
    assert run_command(failing(error)) == code
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_what_is_no_fault_of_the_user_is_not_hidden():
    with pytest.raises(FileNotFoundError):
        run_command(failing(FileNotFoundError(errno.ENOENT, "No such file")))


def test_ctrl_c_in_a_run_says_how_to_carry_on(capsys):
    assert run_resumable(failing(KeyboardInterrupt())) == 130
    assert "carries on from the last checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("offline"), RuntimeError("gone")])
def test_weights_that_cannot_be_downloaded_get_a_sentence(monkeypatch, error):
    def offline(*_, **__):
        raise error

    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(HubError, match="ImageNet weights of convnextv2_atto cannot be downloaded"):
        build("convnextv2_atto", 7, pretrained=True)


def test_a_disk_that_cannot_hold_the_model_gets_a_sentence(tmp_path: Path, monkeypatch):
    from generated import write_untrained

    def full(*_, **__):
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(weights, "save_file", full)
    with pytest.raises(ModelError, match=r"cannot hold the model .*No space left"):
        write_untrained(tmp_path, TrainingData("", ""))
