"""What keeps a GPU from waiting changes no figure; what can be tried of it without one."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from generated import write_split
from PIL import Image

from fer.cores import SHARE
from fer.data import LabelledFaces, load_split
from fer.engines.choice import quickest
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD, to_batch
from fer.networks.registry import build
from train.data.augmentation import draw_changes
from train.engine.device import compiles, default_workers, quick_arithmetic
from train.engine.judge import Judge
from train.engine.moving_average import update_average
from train.engine.recipe import Augmentation

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("modes", ["LLL", "RGB", "LRL"])
def test_validation_faces_are_seen_as_they_will_be_and_resized_once(modes, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (3, 40, 48, 3), dtype=np.uint8)
    pictures = [
        Image.fromarray(one).convert("L" if mode == "L" else "RGB")
        for one, mode in zip(noise, modes, strict=True)
    ]
    rows = [{"image": picture} for picture in pictures]
    faces = LabelledFaces(rows, np.zeros(3, int), np.eye(7)[:3])
    network = build("convnextv2_atto", 7).eval()
    batch = torch.from_numpy(to_batch(pictures, 32, IMAGENET_MEAN, IMAGENET_STD))
    with torch.inference_mode():
        expected = network(batch.contiguous(memory_format=torch.channels_last))
    judge = Judge(faces, "convnextv2_atto", "fp32", CPU)
    np.testing.assert_allclose(judge.logits(network, 32), expected, rtol=1e-5, atol=1e-6)
    monkeypatch.setattr("train.engine.judge.resize", None)
    np.testing.assert_allclose(judge.logits(network, 32), expected, rtol=1e-5, atol=1e-6)


def test_the_average_is_the_network_at_first_and_follows_it_then():
    network = torch.nn.BatchNorm1d(2)  # has whole numbers too
    average = copy.deepcopy(network)
    for first, weight, expected in [(True, 4.0, 4.0), (False, 8.0, 5.0), (False, 5.0, 5.0)]:
        torch.nn.init.constant_(network.weight, weight)
        network.num_batches_tracked += 1
        update_average(average, network, 0.75, first)
        assert average.weight.tolist() == [expected, expected]
        assert average.num_batches_tracked == network.num_batches_tracked


def test_what_is_looked_at_face_by_face_stays_where_it_is():
    changes = draw_changes(Augmentation(shrink=1), 32, 4, np.random.default_rng(0))
    moved = changes.to(torch.device("meta"))
    assert {moved.shrunk.device.type, moved.quality.device.type} == {"cpu"}
    assert {moved.sources.device.type, moved.erased.device.type} == {"meta"}


@pytest.mark.parametrize(
    ("device", "cores", "processes", "workers"),
    [
        (CPU, 8, 1, 0),
        (GPU, 1, 1, 1),
        (GPU, 4, 1, 3),
        (GPU, 4, 2, 1),
        (GPU, 64, 1, 8),
    ],
)
def test_faces_are_fetched_by_other_processes_where_there_is_a_gpu(
    monkeypatch, device, cores, processes, workers
):
    monkeypatch.setenv(SHARE, str(cores))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert default_workers(device) == workers


@pytest.mark.parametrize(
    ("device", "triton", "able"), [(CPU, False, True), (GPU, True, True), (GPU, False, False)]
)
def test_kernels_are_compiled_where_they_can_be(monkeypatch, capsys, device, triton, able):
    monkeypatch.setattr("train.engine.device.has_triton", lambda: triton)
    assert compiles(device) is able
    assert ("compile is left out" in capsys.readouterr().out) is not able


@pytest.mark.parametrize(("device", "inside"), [(CPU, "highest"), (GPU, "high")])
def test_only_training_is_rounded(device, inside):
    with quick_arithmetic(device):
        assert torch.get_float32_matmul_precision() == inside
        assert torch.backends.cudnn.benchmark == (device == GPU)
    assert torch.get_float32_matmul_precision() == "highest"
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize(("gpu", "engine"), [(True, "cuda"), (False, None)])
def test_many_faces_are_judged_on_a_gpu(monkeypatch, gpu, engine):
    monkeypatch.setattr("fer.engines.choice.has_gpu", lambda: gpu)
    assert quickest() == engine


def test_workers_find_every_face_decoded(tmp_path):
    write_split(tmp_path / "train.parquet", 14)
    write_split(tmp_path / "validation.parquet", 7)
    faces = load_split(tmp_path, "train")
    assert len(faces.decoded.pictures) == len(faces)
    assert replace(faces, targets=faces.targets).decoded is faces.decoded  # what teachers say
