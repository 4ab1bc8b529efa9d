"""MTCNN: three small networks in cascade that find faces and five landmarks in each.

Source: K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment using Multitask
Cascaded Convolutional Networks", IEEE Signal Processing Letters 23(10), 2016, section II and
figure 2. P-Net proposes windows over an image pyramid, R-Net refuses most of them, O-Net refuses
the rest and places the landmarks.

Coordinates are continuous, in pixels of the image given: pixel i covers i to i + 1.
"""

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import interpolate

MIN_FACE = 20  # side in pixels, below which faces are not looked for
CELL, STRIDE = 12, 2  # P-Net is a window of 12×12 pixels that moves by 2
PYRAMID_STEP = 0.709  # ≈ √½, so that each level has half the pixels of the one before

# Scores above which a stage keeps a window. The last is stricter than the usual 0.7, because a
# face seen where there is none is answered with a confident emotion; real faces mostly pass 0.99.
P_SCORE, R_SCORE, O_SCORE = 0.6, 0.7, 0.9

WINDOWS_AT_ONCE = 256  # windows that R-Net and O-Net see at once, to bound memory in a crowd


class MTCNN(nn.Module):
    """RGB photo to boxes N×4, landmarks N×5×2 and scores N.

    Boxes are x0, y0, x1, y1 and may reach outside the image; landmarks are left eye, right eye,
    nose, left and right corner of the mouth, left and right as seen in the image. Each network's
    output is one face logit, four box offsets and, for O-Net, five x and five y.
    """

    def __init__(self):
        super().__init__()
        self.pnet = nn.Sequential(
            *_conv(3, 10, 3), _pool(2), *_conv(10, 16, 3), *_conv(16, 32, 3), nn.Conv2d(32, 5, 1)
        )
        self.rnet = nn.Sequential(
            *_conv(3, 28, 3), _pool(3), *_conv(28, 48, 3), _pool(3), *_conv(48, 64, 2),
            *_dense(64 * 3 * 3, 128, 5),
        )  # fmt: skip
        self.onet = nn.Sequential(
            *_conv(3, 32, 3), _pool(3), *_conv(32, 64, 3), _pool(3), *_conv(64, 64, 3), _pool(2),
            *_conv(64, 128, 2), *_dense(128 * 3 * 3, 256, 15),
        )  # fmt: skip

    @torch.inference_mode()
    def forward(self, photo: Image.Image) -> tuple[Tensor, Tensor, Tensor]:
        windows = _square(self._propose(_pixels(photo)), photo)

        scores, offsets, _ = self._look(self.rnet, photo, windows, 24).split((1, 4, 0), dim=1)
        windows, scores, offsets = _above(R_SCORE, scores, windows, offsets)
        keep = _nms(windows, scores, 0.7)
        windows = _square(_move(windows[keep], offsets[keep]), photo)

        found = self._look(self.onet, photo, windows, 48)
        scores, offsets, places = found.split((1, 4, 10), dim=1)
        windows, scores, offsets, places = _above(O_SCORE, scores, windows, offsets, places)
        origin, size = windows[:, None, :2], windows[:, None, 2:] - windows[:, None, :2]
        landmarks = origin + places.view(-1, 2, 5).transpose(1, 2) * size
        boxes = _move(windows, offsets)
        keep = _without_nested(boxes, scores)
        return boxes[keep], landmarks[keep], scores[keep]

    def _propose(self, image: Tensor) -> Tensor:
        """Windows N×4 that P-Net takes for faces, at every level of the pyramid."""
        height, width = image.shape[1:]
        found: list[tuple[Tensor, Tensor]] = []
        scale = CELL / MIN_FACE
        while min(height, width) * scale >= CELL:
            size = round(height * scale), round(width * scale)
            level = interpolate(image[None], size, mode="bilinear", antialias=True)
            answer = self.pnet(_normalise(level))[0]
            scores = answer[0].sigmoid()
            rows, columns = (scores > P_SCORE).nonzero(as_tuple=True)
            corners = torch.stack([columns, rows], dim=1) * STRIDE
            cells = torch.cat([corners, corners + CELL], dim=1)
            per_axis = torch.tensor([width / size[1], height / size[0]]).repeat(2)
            windows = _move(cells * per_axis, answer[1:, rows, columns].T)
            found.append((windows, scores[rows, columns]))
            scale *= PYRAMID_STEP
        if not found:
            return torch.zeros(0, 4)
        windows, scores = (torch.cat(parts) for parts in zip(*found, strict=True))
        levels = torch.cat([torch.full((len(w),), i) for i, (w, _) in enumerate(found)])
        # A level apart from the others: boxes that are moved far away do not overlap.
        apart = windows + levels[:, None] * 2 * max(height, width)
        keep = _nms(apart, scores, 0.5)
        windows, scores = windows[keep], scores[keep]
        return windows[_nms(windows, scores, 0.7)]

    def _look(self, net: nn.Module, photo: Image.Image, windows: Tensor, side: int) -> Tensor:
        """The network's answers for the windows, each resized to side×side."""
        answers = []
        for part in windows.split(WINDOWS_AT_ONCE):
            crops = [
                _pixels(photo.resize((side, side), Image.Resampling.BILINEAR, box=tuple(window)))
                for window in part.tolist()
            ]
            batch = torch.stack(crops) if crops else torch.zeros(0, 3, side, side)
            answers.append(net(_normalise(batch)))
        return torch.cat(answers)


def _conv(channels_in: int, channels_out: int, kernel: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels_out, kernel), nn.PReLU(channels_out)


def _pool(kernel: int) -> nn.Module:
    return nn.MaxPool2d(kernel, stride=2, ceil_mode=True)


def _dense(features: int, hidden: int, outputs: int) -> tuple[nn.Module, ...]:
    return (
        nn.Flatten(),
        nn.Linear(features, hidden),
        nn.PReLU(hidden),
        nn.Linear(hidden, outputs),
    )


def _pixels(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1).contiguous()


def _nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Indices of the boxes that no better one covers by more than `threshold` of their union.

    OpenCV does it: importing torchvision for this would take longer than finding the faces.
    """
    corner, size = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    corner_and_size = torch.cat([corner, size], dim=1).tolist()
    kept = cv2.dnn.NMSBoxes(corner_and_size, scores.tolist(), 0.0, threshold)
    return torch.tensor(kept, dtype=torch.long).flatten()


def _normalise(pixels: Tensor) -> Tensor:
    return (pixels - 127.5) / 128


def _above(threshold: float, logits: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """Keep the rows whose score passes: the first of `others`, the scores, the rest."""
    scores = logits[:, 0].sigmoid()
    keep = scores > threshold
    first, *rest = (other[keep] for other in others)
    return first, scores[keep], *rest


def _move(windows: Tensor, offsets: Tensor) -> Tensor:
    """Correct each edge by an offset given in fractions of the window's size (section II-B)."""
    size = (windows[:, 2:] - windows[:, :2]).repeat(1, 2)
    return windows + offsets * size


def _square(windows: Tensor, photo: Image.Image) -> Tensor:
    """Grow the shorter side around the same centre, as the next network expects, inside the photo.

    Clipping loses the square, but more of the faces that fill their photo are found than when the
    window is filled up with any colour.
    """
    centre = (windows[:, :2] + windows[:, 2:]) / 2
    half = (windows[:, 2:] - windows[:, :2]).amax(dim=1, keepdim=True) / 2
    corners = torch.stack([centre - half, centre + half], dim=1)
    corners = corners.clamp(min=0).minimum(torch.tensor(photo.size))
    return corners[(corners[:, 1] - corners[:, 0]).amin(dim=1) >= 1].flatten(1)


def _without_nested(boxes: Tensor, scores: Tensor) -> Tensor:
    """Non-maximum suppression by the share of the smaller box that is covered.

    Ordinary suppression, by the share of the union, lets a small box inside a face survive.
    """
    kept: list[int] = []
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
    for i in scores.argsort(descending=True).tolist():
        others = boxes[kept]
        shared = (
            torch.minimum(boxes[i, 2:], others[:, 2:]) - torch.maximum(boxes[i, :2], others[:, :2])
        ).clamp(min=0)
        smaller = areas[kept].clamp(max=areas[i])
        if not (shared.prod(dim=1) > 0.7 * smaller).any():
            kept.append(i)
    return torch.tensor(kept, dtype=torch.long)
