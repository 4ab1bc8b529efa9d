"""A model's networks as ONNX files of their own, for other programs: fer export MODEL --out FOLDER

Beside each graph lies a JSON file with what has to be known to feed it, and how near its answers
are to those of the model.
"""

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from safetensors.numpy import load_file

from fer.engines import Graph
from fer.engines.openvino_engine import OpenVinoEngine
from fer.errors import FerError, MissingExtra
from fer.images import open_image
from fer.models.classifier import Classifier
from fer.models.files import sha256, write_json
from fer.models.graph import PREFIX, check_graph, opened_graph
from fer.models.model_folder import NetworkFolder
from fer.networks.onnx_weights import INPUT, hold_weights
from fer.recognizer import Recognizer

if TYPE_CHECKING:
    from onnx import ModelProto

EXAMPLES = Path(__file__).parent / "ui" / "examples"
ENDING = ".onnx"

Precision = Literal["fp32", "fp16"]


@dataclass(frozen=True)
class Parity:
    """How near an exported graph's answers are to the model's own, on so many face crops."""

    faces: int
    largest_difference: float  # of a probability
    same_emotion: float  # share of faces


def export(recognizer: Recognizer, out: Path, precision: Precision) -> str:
    """Write every network of a model into the folder `out`; returns what to tell the user.

    `precision` is that of the weights in the file; all is computed in fp32 either way.

    Raises `ModelError` for a model without graphs, `FerError` when `out` cannot hold them.
    """
    said = []
    for network, classifier in zip(recognizer.folder.networks, recognizer.models, strict=True):
        check_graph(network)
        graph = _standing_alone(network, precision)
        try:
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"{network.name.split('/')[-1]}-{precision}{ENDING}"
            path.write_bytes(graph.SerializeToString(deterministic=True))
            parity = compare(classifier, path, example_crops(recognizer, classifier))
            write_json(path.with_suffix(".json"), _description(network, parity))
        except OSError as error:
            raise FerError(
                f"{out} cannot hold the graph ({error.strerror}): choose another folder."
            ) from error
        said.append(
            f"{path}: {path.stat().st_size / 1e6:.1f} MB, on {parity.faces} faces at most "
            f"{parity.largest_difference:.1e} from the model's probabilities, the same emotion for "
            f"{parity.same_emotion:.0%}"
        )
    return "\n".join(said)


def compare(classifier: Classifier, path: Path, crops: list[Image.Image]) -> Parity:
    """Run a graph's file beside the model that it was made from."""
    engine = OpenVinoEngine()
    network = engine(Graph(lambda: nullcontext(path), sha256(path)), _unused)
    theirs = Classifier(path.stem, classifier.config, network).predict(crops)
    ours = classifier.predict(crops)
    return Parity(
        len(crops),
        float(np.abs(theirs - ours).max()),
        float((theirs.argmax(1) == ours.argmax(1)).mean()),
    )


def example_crops(recognizer: Recognizer, classifier: Classifier) -> list[Image.Image]:
    """The faces of the packaged examples as the network sees them, mirrored, turned and dimmed."""
    crops = []
    for path in sorted(EXAMPLES.glob("*.jpg")):
        photo = open_image(path)
        for face in recognizer.detector(photo):
            crop = classifier.crop(photo, face.landmarks)
            for one in (crop, ImageOps.mirror(crop)):
                crops += [one.rotate(turn) for turn in range(-20, 21, 10)]
                crops += [ImageEnhance.Brightness(one).enhance(share) for share in (0.4, 0.7, 1.5)]
    return crops


def _standing_alone(folder: NetworkFolder, precision: Precision) -> "ModelProto":
    """The network's graph with the weights inside, in half or in full precision."""
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise MissingExtra(error, "export") from error
    with opened_graph(folder) as path:
        graph = onnx.load(path, load_external_data=False)
    hold_weights(graph, load_file(folder.weights_path), half=precision == "fp16", prefix=PREFIX)
    return graph


def _description(folder: NetworkFolder, parity: Parity) -> dict[str, Any]:
    """What whoever runs the graph has to know, and how near it is."""
    config = folder.config
    return {
        "model": folder.name,
        "weights_sha256": config.sha256,
        "input": f"{INPUT}: float32 N×3×{config.input_size}×{config.input_size}, RGB in [0, 1], "
        "less the mean, divided by the standard deviation",
        "mean": config.mean,
        "std": config.std,
        "grey": config.grey,  # the colour is taken out first
        "mirror": config.mirror,  # the logits are the mean over a face and its mirror image
        "frame": config.frame,
        "outputs": {
            "logits": "N×K: divide by the temperature, then softmax",
            "maps": "N×K×h×w: Grad-CAM of each output before its ReLU",
        },
        "temperature": config.temperature,
        "labels": config.outputs,
        "parity": asdict(parity),
    }


def _unused() -> NoReturn:
    raise AssertionError("OpenVINO runs the graph")
