"""The detector under test, by each engine."""

import pytest

from fer.engines.openvino_engine import OpenVinoEngine
from fer.engines.torch_engine import TorchEngine
from fer.faces import FaceDetector


@pytest.fixture(scope="package", params=[OpenVinoEngine, TorchEngine])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    return FaceDetector.load(request.param())
