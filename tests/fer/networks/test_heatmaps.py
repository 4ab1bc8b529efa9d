"""The networks' closed form of Grad-CAM is what pytorch-grad-cam gets by backpropagation."""

import numpy as np
import pytest
import torch
from crops import crops
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from fer.heatmap import heat
from fer.labels import EMOTIONS
from fer.models.bundled import WEIGHTS
from fer.models.model_folder import open_network
from fer.models.weights import load_network
from fer.networks.preprocess import to_batch
from fer.networks.registry import Explained, build

FACES = 100
# The layer whose output is looked at, and the one that makes it.
LAYERS = {
    "ddamfn": lambda network: (network.pool[0], network.backbone.conv_6_sep),
    "convnextv2_atto": lambda network: (network.stages[-1],) * 2,
    "face_resnet29": lambda network: (network.blocks[-2],) * 2,
}


def bundled(name: str) -> nn.Module:
    return load_network(open_network(WEIGHTS / name))


def random(architecture: str) -> nn.Module:
    """Untrained, with statistics unlike those of a new batch norm."""
    torch.manual_seed(0)
    network = build(architecture, len(EMOTIONS)).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.running_var):
                tensor.uniform_(0.5, 2)
            for tensor in (module.bias, module.running_mean):
                tensor.normal_(0, 0.3)
    return network


@pytest.mark.parametrize(
    ("architecture", "size", "make"),
    [
        ("ddamfn", 112, lambda: bundled("ddamfn-ferplus")),
        ("convnextv2_atto", 64, lambda: bundled("convnext-ferplus")),
        ("convnextv2_atto", 112, lambda: random("convnextv2_atto")),
        ("face_resnet29", 150, lambda: random("face_resnet29")),
    ],
)
def test_heat_is_that_of_grad_cam(architecture, size, make):
    network = make()
    batch = torch.from_numpy(to_batch(crops(FACES), size, (0.5,) * 3, (0.25,) * 3))
    with torch.inference_mode():
        logits, maps = Explained(network)(batch)
        torch.testing.assert_close(logits, network(batch))
    ours = np.stack([[heat(one, size) for one in of_face] for of_face in maps.numpy()])
    if architecture == "ddamfn":  # the attended features are no module's output
        network.pool = nn.Sequential(nn.Identity(), network.pool)
    seen, made_by = LAYERS[architecture](network)
    made_by.requires_grad_()  # so that backpropagation ends there
    cam = GradCAM(network, [seen])
    for emotion in range(len(EMOTIONS)):
        for start in range(0, FACES, 20):
            part = slice(start, start + 20)
            theirs = cam(batch[part], [ClassifierOutputTarget(emotion)] * 20)
            np.testing.assert_allclose(ours[part, emotion], theirs, atol=1e-3)
    cam.activations_and_grads.release()
    assert (ours.reshape(FACES, -1).std(axis=1) > 0.05).all(), (
        "heat that differs from place to place"
    )


def test_where_nothing_speaks_for_an_emotion_there_is_no_heat():
    assert heat(-np.ones((7, 7), np.float32), 112).max() == 0
