"""Any classifier of timm by its name: its own answers, heat as by backpropagation, its metadata."""

import pytest
import timm
import torch
from torch import nn

from fer.errors import HubError, ModelError
from fer.networks.registry import Explained, build, classifier, normalization, own_size

HALF = (0.5,) * 3


def untrained(name: str, size: int = 0) -> nn.Module:
    """A network whose logits differ, as new classifiers' do not."""
    torch.manual_seed(0)
    network = build(name, 5, size=size).eval().requires_grad_(False)
    nn.init.normal_(classifier(network).weight, std=0.3)
    return network


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("test_resnet", 96),  # linear in the mean of its map
        ("mobilenetv3_small_050", 64),  # a hidden layer after the mean
        ("test_convnext", 64),  # a layer norm there
        ("test_vit", 32),  # tokens; works at one size only
        ("swin_tiny_patch4_window7_224", 224),  # channels last
    ],
)
def test_heat_is_that_of_backpropagation(name, size):
    network = untrained(name, size)
    faces = torch.randn(2, 3, size, size)
    logits, maps = Explained(network)(faces)
    torch.testing.assert_close(logits, network(faces))
    last = network.last_map(faces).requires_grad_()
    answers = network.from_last_map(last)
    torch.testing.assert_close(answers, logits)
    for output in range(5):
        (slope,) = torch.autograd.grad(answers[:, output].sum(), last, retain_graph=True)
        expected = (slope.mean((2, 3), keepdim=True) * last).sum(1).detach()
        error = (maps[:, output] - expected).abs().max()
        assert error < 0.01 * expected.abs().max()


def test_it_answers_as_timm_does_under_the_same_names():
    ours, theirs = untrained("resnet18"), timm.create_model("resnet18", num_classes=5).eval()
    theirs.load_state_dict(ours.state_dict())
    faces = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(ours(faces), theirs(faces))


@pytest.mark.parametrize(
    ("name", "size", "mean"),
    [
        ("resnet18", 224, normalization("convnextv2_atto")[0]),
        ("vit_tiny_patch16_224", 224, HALF),
        ("inception_v3", 299, HALF),
        ("ddamfn", 112, (0.485, 0.456, 0.406)),
        ("face_resnet29", 150, normalization("face_resnet29")[0]),
    ],
)
def test_what_it_is_fed_is_what_timm_says(name, size, mean):
    assert own_size(name) == size
    assert normalization(name)[0] == mean


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("resnt18", 0, r"timm has no network 'resnt18' \(nearest: resnet18"),
        ("vgg11", 0, "vgg11 does not end in one classifier of the mean over a map"),
        ("levit_128s", 0, "levit_128s does not end in one classifier"),  # two of them
        ("vit_tiny_patch16_224", 8, "cannot work on faces of 8 pixels .* its own size, 224"),
    ],
)
def test_what_cannot_be_is_said(name, size, sentence):
    with pytest.raises(ModelError, match=sentence):
        build(name, 7, size=size)


def test_weights_that_cannot_be_had_are_said(monkeypatch):
    def offline(*_, **__):
        raise RuntimeError("gone")

    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(HubError, match="weights of resnet18 cannot be downloaded"):
        build("resnet18", 7, pretrained=True)
