"""Other people's tools: timm and huggingface_hub read our folders, olah serves what was pushed."""

import os
import pickle
import subprocess
import sys

import mirror
import numpy as np
import pytest
import timm
import torch
from generated import MEMBER, write_split, write_untrained
from hub import TOKEN
from PIL import Image
from safetensors.torch import load_file, save_file

import fer
from fer.data import load_split
from fer.models.config import TrainingData, read_config
from fer.models.model_folder import open_network
from fer.models.weights import load_network
from fer.networks.ddamfn import DDAMFN
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD
from train.publish import main as publish

CROP = Image.fromarray(np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8))
FACES = torch.randn(2, 3, 112, 112, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def convnext(tmp_path_factory):
    folder = tmp_path_factory.mktemp("convnext")
    write_untrained(folder, TrainingData("generated", "none needed"))
    return folder


@pytest.mark.parametrize("source", ["local-dir:{folder}", "hf-hub:me/convnext", "hf-hub:{pinned}"])
def test_timm_alone_reads_a_convnext_folder(loopback, convnext, source):
    commit = loopback.upload("me/convnext", convnext)
    name = source.format(folder=convnext, pinned=f"me/convnext@{commit}")
    theirs = timm.create_model(name, pretrained=True).eval()
    ours = load_network(open_network("me/convnext"))
    with torch.inference_mode():
        torch.testing.assert_close(theirs(FACES), ours(FACES), atol=1e-5, rtol=0)
    data = timm.data.resolve_model_data_config(theirs)
    assert (data["input_size"], data["crop_pct"]) == ([3, 112, 112], 1.0)
    assert (data["mean"], data["std"]) == (list(IMAGENET_MEAN), list(IMAGENET_STD))
    assert theirs.pretrained_cfg["label_names"] == list(read_config(convnext).outputs)


def test_ddamfn_behaves_as_a_model_of_huggingface_hub(loopback, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    loopback.upload("me/published", MEMBER)
    ours = load_network(open_network(MEMBER))
    ours.save_pretrained(tmp_path / "saved")
    ours.push_to_hub("me/pushed")
    for place in (MEMBER, "me/published", tmp_path / "saved", "me/pushed"):
        theirs = DDAMFN.from_pretrained(place)
        with torch.inference_mode():
            assert torch.equal(theirs(FACES), ours(FACES))


def test_from_pretrained_opens_no_pickle_and_fills_no_gap(loopback, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    loopback.upload("me/pickle", tmp_path)
    with pytest.raises(fer.ModelError, match="a pickle is never opened"):
        DDAMFN.from_pretrained("me/pickle")
    tensors = load_file(f"{MEMBER}/model.safetensors")
    tensors.pop("classifier.bias")
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(RuntimeError, match=r"classifier\.bias"):
        DDAMFN.from_pretrained(tmp_path)


PULL = """
import numpy, fer
from PIL import Image
recognizer = fer.load("me/model")
crop = Image.fromarray(numpy.random.default_rng(0).integers(0, 255, (112, 112, 3), numpy.uint8))
print(recognizer.revision, recognizer.predict([crop]).tobytes().hex())
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with a cache of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def pull(**environment: str) -> list[str]:
    """Commit and probabilities, to the bit, from a process of its own."""
    done = run(PULL, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_was_pushed_comes_back_through_an_independent_server(
    loopback, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert publish([MEMBER, "--repo", "me/model"]) == 0
    commit = loopback.repo("me/model").head()
    with mirror.serve(loopback.root, tmp_path) as url:
        mirrored = pull(HF_ENDPOINT=url, HF_HUB_CACHE=str(tmp_path / "mirrored"))
    gone = pull(HF_ENDPOINT=url, HF_HUB_CACHE=str(tmp_path / "mirrored"))
    offline = pull(HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(tmp_path / "mirrored"))
    expected = fer.load(MEMBER).predict([CROP]).tobytes().hex()
    assert mirrored == gone == offline == [commit, expected]


READ = """
import sys
from fer.data import load_split
from fer.data.hub import pinned
for name in sys.argv[1:]:
    for split in ("train", "validation"):
        print(pinned(name), load_split(pinned(name), split).digest)
load_split(name, "test")
"""


def test_a_data_set_on_the_hub_is_read_like_a_folder(loopback, tmp_path):
    """Also through the independent server: `datasets` finds the splits by the files' names. Each
    name is one commit, older ones too."""
    repo = loopback.repo("me/faces", "datasets")
    repo.create()
    files = {"README.md": b"---\nlicense: mit\n---\n"}
    right: list[str] = []
    for more in (0, 7):
        for split, rows in (("train", 70 + more), ("validation", 14 + more)):
            write_split(tmp_path / f"{split}.parquet", rows)
            content = (tmp_path / f"{split}.parquet").read_bytes()
            files[f"data/{split}-00000-of-00001.parquet"] = content
        name = f"me/faces@{repo.commit(files)}"
        right += [f"{name} {load_split(tmp_path, one).digest}" for one in ("train", "validation")]
    with mirror.serve(loopback.root, tmp_path) as url:
        cache = {"HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "home")}
        cache |= {"HF_HUB_CACHE": str(tmp_path / "hub")}
        first = right[0].split()[0]
        done = run(READ, first, "me/faces@main", "me/faces", **cache)
    read = [line for line in done.stdout.splitlines() if line.startswith("me/faces@")]
    assert read == [*right, *right[2:]], done.stderr
    assert "There is no test split in me/faces" in done.stderr
