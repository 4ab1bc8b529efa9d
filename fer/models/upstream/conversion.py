"""Import upstream's DDAMFN: fer import rafdb.pth --out FOLDER [--contempt WHERE]

Reads the user's own copy of a checkpoint (RAF-DB, AffectNet-7, AffectNet-8 or MFN_msceleb) without
running anything in it, drops the layers that upstream declares and never uses, puts the classes
into this project's order and writes a model folder in full precision.
"""

import re
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from fer.errors import ModelError
from fer.faces import ARCFACE
from fer.labels import EMOTIONS
from fer.models.config import NetworkConfig, TrainingData
from fer.models.files import sha256
from fer.models.upstream import DATA
from fer.models.upstream.bounded_reading import read_tensors
from fer.models.weights import save_network
from fer.networks.ddamfn import DDAMFN, INPUT_SIZE
from fer.networks.preprocess import IMAGENET_MEAN, IMAGENET_STD

CLASSES = [
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
]  # upstream's order
BACKBONE = "backbone.safetensors"
STAGES = (
    *("conv1", "conv2_dw", "conv_23", "conv_3", "conv_34", "conv_4", "conv_45", "conv_5"),
    "conv_6_sep",
)
LICENCE = (
    "No licence given by upstream: for your own use, not to be passed on. Its training data is for "
    "non-commercial research only."
)

# Our names to upstream's, inside a stage and inside a head.
INSIDE = (
    (r"expand\.", "conv."),
    (r"depthwise\.convs\.", "conv_dw.mixed_depthwise_conv."),
    (r"over_width\.", "Linear_h."),
    (r"over_height\.", "Linear_w."),
    (r"gate\.squeeze\.", "CA.conv1."),
    (r"gate\.bn\.", "CA.bn1."),
    (r"gate\.height\.", "CA.conv2."),
    (r"gate\.width\.", "CA.conv3."),
    (r"\bact\.", "prelu."),
)
# What upstream declares and its forward pass never uses.
UNUSED = re.compile(
    r".*conv_dw\.(bn|prelu)\..*|cat_head\d\.CoordAtt\.Linear\..*|bn\..*|(conv_6_dw|linear)\..*"
)

CARD = """---
library_name: fer-toolkit
license: other
license_name: no-licence-given
tags: [facial-expression-recognition, ddamfn]
---

# {title}

Imported from `{file}` (SHA-256 `{digest}`), a checkpoint of DDAMFN (Zhang et al. 2023,
https://doi.org/10.3390/electronics12173595) that its authors trained on {data}.

**{licence}**

{classes}

Faces are framed by the five landmarks of ArcFace, which upstream does not record: its own framing
may differ. Nothing here has been measured by this project: run `python -m train.evaluate`.
A face shows an expression, not a feeling. Do not decide anything about a person from it.
"""


def import_checkpoint(
    checkpoint: Path, out: Path, trained_on: str | None = None, contempt: str | None = None
) -> str:
    """Write the folder `out`; returns what to tell the user.

    `contempt`, the eighth class of AffectNet-8, is either dropped, so that the other seven share
    its probability in proportion, or its probability is added to that of an emotion.

    Raises `ModelError` when the file is not one of upstream's, or something has to be chosen.
    """
    if out.exists() and any(out.iterdir()):
        raise ModelError(f"{out} is not empty: choose a new folder.")
    tensors = read_tensors(checkpoint)
    file = checkpoint.name.lower()
    data = trained_on or next((name for name, sign in DATA.items() if sign in file), None)
    count = _rows(tensors, "fc.weight")
    if count == len(CLASSES):
        data = "AffectNet"
        if contempt is None:
            raise ModelError(
                f"{checkpoint} also knows contempt: choose --contempt drop, or the emotion that "
                "its probability counts for, such as --contempt disgust."
            )
    elif contempt:
        raise ModelError(f"{checkpoint} knows no contempt: leave out --contempt.")
    if "conv1.conv.weight" in tensors:
        return _import_backbone(checkpoint, tensors, out)
    if data is None:
        raise ModelError(f"Say what {checkpoint} was trained on: --trained-on {' or '.join(DATA)}.")
    extra = (contempt,) if contempt in EMOTIONS else ()
    network = DDAMFN(len(EMOTIONS) + len(extra))
    rows = [CLASSES.index(emotion) for emotion in (*EMOTIONS, *(["contempt"] if extra else []))]
    known = {name: tensor for name, tensor in tensors.items() if not name.startswith("fc.")}
    for name in ("fc.weight", "fc.bias"):
        if count in (len(EMOTIONS), len(CLASSES)) and _rows(tensors, name) == count:
            known[name] = tensors[name][rows]
    _fill(network, known, checkpoint)
    config = NetworkConfig(
        architecture="ddamfn",
        input_size=INPUT_SIZE,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        frame=tuple(map(tuple, ARCFACE.tolist())),
        grey=False,
        temperature=1.0,
        training_data=TrainingData(f"{data}, by upstream", LICENCE, "unknown"),
        recipe=f"imported from {checkpoint.name}",
        outputs=(*EMOTIONS, *extra),
    )
    classes = "It knows the seven emotions of this project."
    if contempt:
        classes = "Contempt, its eighth class, is " + (
            f"counted for {contempt}: their probabilities are added."
            if extra
            else "left out: the other seven share its probability in proportion."
        )
    save_network(out, network, config, torch.float32)
    _write_card(checkpoint, out, data, classes)
    return f"The model is in {out}"


def _rows(tensors: dict[str, Tensor], name: str) -> int:
    """How many classes a tensor of the classifier knows; 0 without it."""
    return tensors[name].shape[0] if name in tensors and tensors[name].ndim else 0


def _import_backbone(checkpoint: Path, tensors: dict[str, Tensor], out: Path) -> str:
    """MFN_msceleb knows faces, not emotions: its backbone is a start for training."""
    network = DDAMFN().backbone
    _fill(network, tensors, checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), out / BACKBONE, {"format": "pt"})
    data = "MS-Celeb-1M, which its publisher withdrew in 2019"
    _write_card(checkpoint, out, data, "It is a backbone to train from and knows no emotion.")
    return f"The backbone, a start for training, is {out / BACKBONE}"


def _write_card(checkpoint: Path, out: Path, data: str, classes: str) -> None:
    text = CARD.format(
        title=out.resolve().name,
        file=checkpoint.name,
        digest=sha256(checkpoint),
        data=data,
        licence=LICENCE,
        classes=classes,
    )
    (out / "README.md").write_text(text, encoding="utf-8")


def _fill(network: nn.Module, tensors: dict[str, Tensor], checkpoint: Path) -> None:
    """Load upstream's tensors into a network of ours; every one must fit or be known as unused."""
    whole = isinstance(network, DDAMFN)
    names = {name: upstream_name(name, whole) for name in network.state_dict()}
    surplus = [
        name for name in tensors if name not in names.values() and not UNUSED.fullmatch(name)
    ]
    for name, own in network.state_dict().items():
        found = tensors.get(names[name])
        if found is None or found.shape != own.shape:
            surplus.append(names[name])
    if surplus:
        raise ModelError(
            f"{checkpoint} is not upstream's DDAMFN, for {surplus[0]} is missing, unknown or of "
            "another shape: give one of its published checkpoints."
        )
    state = {name: tensors[upstream] for name, upstream in names.items()}
    if not all(bool(tensor.isfinite().all()) for tensor in state.values()):
        raise ModelError(f"{checkpoint} holds values that are not finite: copy it again.")
    network.load_state_dict(state)


def upstream_name(name: str, whole: bool) -> str:
    """Upstream's name of one of our tensors, in the whole network or in the backbone alone."""
    name = name.removeprefix("backbone.")
    part, _, rest = name.partition(".")
    if part in ("pool", "classifier"):
        return {"pool": "Linear.", "classifier": "fc."}[part] + rest
    for pattern, theirs in INSIDE:
        rest = re.sub(pattern, theirs, rest)
    if part == "heads":
        number, _, rest = rest.partition(".")
        return f"cat_head{number}.CoordAtt.{rest.removeprefix('CA.')}"
    number, _, inside = rest.partition(".")
    if number.isdigit():
        single = part in ("conv_23", "conv_34", "conv_45")
        rest = inside if single else f"model.{number}.{inside}"
    stage = f"features.{STAGES.index(part)}" if whole else part
    return f"{stage}.{rest}"
