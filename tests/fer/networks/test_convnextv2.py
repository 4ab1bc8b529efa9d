"""Our ConvNeXt-V2 is timm's: the same weights by the same names, the same answers."""

import sys

import pytest
import timm
import torch

from fer.networks.convnextv2 import SIZES, ConvNeXtV2
from fer.networks.names import CONVNEXT
from fer.networks.registry import build


def shapes(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("size", SIZES)
def test_weights_have_timms_names_and_shapes(size):
    with torch.device("meta"):
        ours = ConvNeXtV2(size, 7)
        theirs = timm.create_model(f"convnextv2_{size}", num_classes=7)
    assert list(shapes(ours).items()) == list(
        shapes(theirs).items()
    )  # in order: checkpoints need it


def spread(network: torch.nn.Module) -> torch.nn.Module:
    """Weights large enough that every layer matters to the answer."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            scale = 0.5 if parameter.ndim == 1 else 3 / parameter[0].numel() ** 0.5
            parameter.normal_(std=scale, generator=generator)
    return network.eval()


@pytest.mark.parametrize("architecture", ["convnextv2_atto", "convnextv2_tiny"])
@pytest.mark.parametrize("side", [64, 112])
def test_answers_are_timms(architecture, side):
    theirs = spread(timm.create_model(architecture, num_classes=7))
    ours = build(architecture, 7).eval()
    ours.load_state_dict(theirs.state_dict())
    faces = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = theirs(faces)
        torch.testing.assert_close(ours(faces), expected, atol=1e-4, rtol=1e-4)
        assert expected.std() > 0.1, "the answers would be alike whatever the network did"


def test_a_pretrained_network_has_timms_weights(monkeypatch):
    source = timm.create_model("convnextv2_atto", num_classes=7)
    asked = []

    def download(name, **options):
        asked.append((name, options))
        return source

    monkeypatch.setattr("timm.create_model", download)
    network = build("convnextv2_atto", 7, pretrained=True)
    assert asked == [("convnextv2_atto", {"pretrained": True, "num_classes": 7})]
    given = source.state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, given[name]), name


def test_an_answer_needs_no_timm(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)  # importing it would fail
    with torch.inference_mode():
        assert build("convnextv2_atto", 7).eval()(torch.zeros(1, 3, 112, 112)).shape == (1, 7)
    assert set(CONVNEXT.values()) == set(SIZES)
