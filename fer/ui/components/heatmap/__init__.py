"""What the model looked at: colours over the chosen face, which the page draws by itself.

They are drawn from a few dozen numbers for each model and expression (Grad-CAM's sums), which come
with the photo's answer.
"""

import base64
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from fer import Face, Recognizer
from fer.heatmap import INFERNO, OPACITY, spoken_for
from fer.labels import EMOTIONS
from fer.ui.assets import html
from fer.ui.pictures import CLOSE_UP_SIDE


def render(recognizer: Recognizer) -> Markup:
    """The slider and the choices of an expression and a model."""
    return html(
        "heatmap",
        emotions=EMOTIONS,
        models=[model.name for model in recognizer.models],
        strength=round(100 * OPACITY),
        colours=INFERNO.tolist(),
        close_up_side=CLOSE_UP_SIDE,
    )


def data(face: Face, recognizer: Recognizer, photo_size: tuple[int, int]) -> dict[str, Any]:
    """What the script draws all heatmaps of a face from, as JSON."""
    return {
        "emotion": face.emotion,
        "box": [round(float(side), 1) for side in face.box],
        "models": [
            {
                "side": model.config.input_size,  # of its crop
                "shape": class_maps.shape[1:],
                "to_crop": model.matrix(face.landmarks, photo_size).T.ravel().tolist(),
                "maps": base64.b64encode(b"".join(map(_bytes, class_maps))).decode(),
            }
            for model, class_maps in zip(recognizer.models, face.maps, strict=True)
        ],
    }


def _bytes(class_map: NDArray[np.float32]) -> bytes:
    """A byte for each place, row after row."""
    return np.rint(255 * spoken_for(class_map)).astype(np.uint8).tobytes()
