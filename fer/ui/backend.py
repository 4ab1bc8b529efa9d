"""What the page asks the model. The app says how its functions run: on a CPU or on a lent GPU."""

from dataclasses import dataclass

from PIL import Image

from fer import Face, Recognizer
from fer.face import Region
from fer.recognizer import Read
from fer.ui.pictures import CLOSE_UP_SIDE

CONCURRENT_REQUESTS = 2  # of a kind that run together: small servers have that many cores
MAX_FACES = 50  # of one photo; a crowd would keep the others waiting


@dataclass(frozen=True)
class Backend:
    """A recogniser, and the ways in which the app lets it read faces."""

    recognizer: Recognizer
    # The model for camera and film, on the CPU: see `Recognizer.hasty`.
    quick: Recognizer
    read_faces: Read  # of photos
    read_film: Read  # of a clip's pictures

    @classmethod
    def on_cpu(cls, recognizer: Recognizer) -> "Backend":
        """Photos are read in full precision, so that they get the same answer everywhere.

        Raises `FerError` for a model with labels of its own.
        """
        recognizer.require_seven("the app")
        quick = recognizer.hasty()
        return cls(recognizer, quick, recognizer.read, quick.read)

    def recognize(self, photo: Image.Image) -> tuple[list[Face], bool]:
        """The faces of a photo, largest first, and whether there were more than `MAX_FACES`."""
        found = self.recognizer.detector(photo)
        return self.read_faces([photo], [found[:MAX_FACES]])[0], len(found) > MAX_FACES

    def heatmap(
        self, photo_size: tuple[int, int], face: Face, region: Region, emotion: str, member: int
    ) -> Image.Image:
        """What spoke for an emotion, to lay over the close-up of a face's region.

        `member` says which model of an ensemble is asked.
        """
        size = (CLOSE_UP_SIDE, CLOSE_UP_SIDE)
        return self.recognizer.heat_layer(photo_size, face, region, size, emotion, member)
