"""What the page asks the model. The app says how its functions run: on a CPU or on a lent GPU."""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from fer import Face, Recognizer
from fer.recognizer import Read, Region
from fer.ui.pictures import CLOSE_UP_SIDE

CONCURRENT_REQUESTS = 2  # of a kind that run together: small servers have that many cores
MAX_FACES = 50  # of one photo; a crowd would keep the others waiting


class DrawHeatmapLayer(Protocol):
    """Draws what spoke for an emotion, to lay over a region of the photo shown in `size`.

    `member` says which model of an ensemble is asked.
    """

    def __call__(
        self,
        photo_size: tuple[int, int],
        face: Face,
        region: Region,
        size: tuple[int, int],
        emotion: str,
        member: int,
        /,
    ) -> Image.Image: ...


@dataclass(frozen=True)
class Engine:
    """A recogniser and its two costly functions, as the app runs them."""

    recognizer: Recognizer
    cpu_recognizer: Recognizer  # the same, for what is too hasty to wait for a lent GPU
    read_faces: Read
    draw_heatmap_layer: DrawHeatmapLayer

    def recognize(self, photo: Image.Image) -> tuple[list[Face], bool]:
        """The faces of a photo, largest first, and whether there were more than `MAX_FACES`."""
        found = self.recognizer.detector(photo)
        return self.read_faces([photo], [found[:MAX_FACES]])[0], len(found) > MAX_FACES

    def heatmap(
        self, photo_size: tuple[int, int], face: Face, region: Region, emotion: str, member: int
    ) -> Image.Image:
        """What spoke for an emotion, to lay over the close-up of a face's region."""
        size = (CLOSE_UP_SIDE, CLOSE_UP_SIDE)
        return self.draw_heatmap_layer(photo_size, face, region, size, emotion, member)
