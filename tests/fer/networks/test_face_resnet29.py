"""FaceResNet29 starts as dlib's network, number for number."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from generated import write_split
from safetensors.torch import load_file, save_file

from fer.data import load_split
from fer.errors import DataError
from fer.networks.registry import Explained, build
from train.data.augmentation import mixup
from train.engine.initialize import initialize

START = Path("train/starts/face_resnet29.safetensors")


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_split(folder / "train.parquet", 14)
    write_split(folder / "validation.parquet", 7)
    return load_split(folder, "train")


def dlib_features(x: torch.Tensor) -> torch.Tensor:
    """dlib's network, layer by layer from its table, with its own scales and shifts."""
    t = {name: tensor.float() for name, tensor in load_file(START).items()}

    def layer(name: str, x: torch.Tensor, stride: int, padding: int) -> torch.Tensor:
        x = F.conv2d(x, t[f"{name}.weight"], t[f"{name}.bias"], stride, padding)
        return x * t[f"{name}.gamma"].view(-1, 1, 1) + t[f"{name}.beta"].view(-1, 1, 1)

    x = F.max_pool2d(layer("stem", x, 2, 0).relu(), 3, 2)
    for block in range(14):
        down = block in (3, 7, 10, 13)
        y = layer(f"blocks.{block}.conv1", x, *((2, 0) if down else (1, 1))).relu()
        y = layer(f"blocks.{block}.conv2", y, 1, 1)
        skip = F.avg_pool2d(x, 2) if down else x
        total = torch.zeros(len(x), y.shape[1], skip.shape[2], skip.shape[3])
        total[:, :, : y.shape[2], : y.shape[3]] += y
        total[:, : skip.shape[1]] += skip
        x = total.relu()
    assert x.shape[2:] == (2, 2)
    return x.mean((2, 3))


def test_the_started_network_computes_what_dlib_does(faces):
    network = build("face_resnet29", 7).eval()
    initialize(network, "face_resnet29", str(START), faces)
    x = torch.randn(3, 3, 150, 150, generator=torch.Generator().manual_seed(0)) / 4
    with torch.no_grad():
        ours, theirs = network.last_map(x).mean((2, 3)), dlib_features(x)
    assert theirs.std() > 0.01
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_statistics_are_those_of_the_faces(faces):
    """In training mode a batch of faces is normalised much as in evaluation mode: it is stable."""
    network = build("face_resnet29", 7)
    initialize(network, "face_resnet29", str(START), faces)
    norm = network.get_submodule("blocks.13.conv2.bn")
    assert norm.running_var.median() < 0.5 or norm.running_var.median() > 2  # no longer 1


def test_the_map_for_heat_is_four_by_four():
    network = build("face_resnet29", 7).eval()
    logits, maps = Explained(network)(torch.zeros(2, 3, 150, 150))
    assert (logits.shape, maps.shape) == ((2, 7), (2, 7, 4, 4))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("stem.gamma"), "stem.gamma"),
        (lambda t: t.update({"stem.weight": t["stem.weight"][:16]}), "stem.weight"),
        (lambda t: t.update({"blocks.14.conv1.bias": t["stem.bias"] + 1}), "blocks.14.conv1.bias"),
    ],
)
def test_a_start_of_another_network_is_refused(tmp_path, faces, change, said):
    tensors = load_file(START)
    change(tensors)
    save_file(tensors, tmp_path / "other.safetensors")
    other = str(tmp_path / "other.safetensors")
    with pytest.raises(DataError, match=said):
        initialize(build("face_resnet29", 7), "face_resnet29", other, faces)


@pytest.mark.parametrize(("content", "said"), [(b"", "cannot be read"), (None, "cannot be read")])
def test_a_start_that_is_no_file_of_weights_is_refused(tmp_path, faces, content, said):
    path = tmp_path / "broken.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        initialize(build("face_resnet29", 7), "face_resnet29", str(path), faces)


def test_another_network_does_not_start_from_dlib(faces):
    with pytest.raises(DataError, match="a ddamfn cannot start"):
        initialize(build("ddamfn", 7), "ddamfn", str(START), faces)


def test_mixup_depends_on_its_seed_alone():
    images, targets = torch.rand(4, 3, 8, 8), torch.eye(7)[:4]
    first, again, other = (mixup(images, targets, 1.0, *seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert torch.equal(first[0], again[0])
    assert not torch.equal(first[0], other[0])
    torch.testing.assert_close(first[1].sum(1), torch.ones(4))
