import pytest
import torch

from fer.networks.ddamfn import DDAMFN


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return DDAMFN().eval()


def test_parameters_are_those_of_the_layers_in_use(model):
    assert sum(p.numel() for p in model.parameters()) == 4_105_999


@pytest.mark.parametrize(
    ("stage", "channels", "side", "blocks"),
    [
        ("conv1", 64, 56, None),
        ("conv2_dw", 64, 56, None),
        ("conv_23", 64, 28, 1),
        ("conv_3", 64, 28, 9),
        ("conv_34", 128, 14, 1),
        ("conv_4", 128, 14, 16),
        ("conv_45", 256, 7, 1),
        ("conv_5", 256, 7, 6),
        ("conv_6_sep", 512, 7, None),
    ],
)
def test_stage_shapes(model, stage, channels, side, blocks):
    shapes = {}
    module = getattr(model.backbone, stage)
    handle = module.register_forward_hook(lambda _, __, output: shapes.update(out=output.shape))
    with torch.inference_mode():
        model(torch.zeros(1, 3, 112, 112))
    handle.remove()
    assert tuple(shapes["out"]) == (1, channels, side, side)
    assert blocks is None or len(module) == blocks


def test_logits_in_evaluation_and_head_maps_in_training(model):
    faces = torch.randn(2, 3, 112, 112)
    with torch.inference_mode():
        assert model(faces).shape == (2, 7)
        logits, maps = DDAMFN().train()(faces)
    assert logits.shape == (2, 7)
    assert maps.shape == (2, 2, 512, 7, 7)
    assert 0 < float(maps.min()) < float(maps.max()) < 1


def test_every_parameter_takes_part():
    model = DDAMFN().train()
    logits, maps = model(torch.randn(2, 3, 112, 112))
    (logits.square().sum() + maps.var()).backward()
    idle = [name for name, p in model.named_parameters() if p.grad is None]
    assert idle == []


def test_coordinate_attention_tells_height_from_width(model):
    """A gate that mixes up its two directions would treat a map and its transpose alike."""
    gate = model.heads[0].gate
    rows, columns = torch.randn(1, 512, 7, 1), torch.randn(1, 512, 1, 7)
    with torch.inference_mode():
        out = gate(rows, columns)
        swapped = gate(columns.transpose(2, 3), rows.transpose(2, 3)).transpose(2, 3)
    assert out.shape == (1, 512, 7, 7)
    assert not torch.allclose(out, swapped, atol=1e-3)
    ratio = out / out[:, :, :1]  # along the height only the height gate changes
    torch.testing.assert_close(ratio, ratio[..., :1].expand_as(ratio))
