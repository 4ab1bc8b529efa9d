"""What the tabs ask the model. The app says how its functions run: on a CPU or on a lent GPU."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from fer import Face, Recognizer
from fer.recognizer import Places

AT_ONCE = 2  # requests of a kind that run together: small servers have that many cores
MAX_FACES = 50  # of one photo; a crowd would keep the others waiting


@dataclass(frozen=True)
class Engine:
    """A recogniser and its two costly functions, as the app runs them."""

    recognizer: Recognizer
    nearby: Recognizer  # the same on the CPU, for what is too hasty to wait for a lent GPU
    read: Callable[[list[Image.Image], list[Places]], list[list[Face]]]
    heat: Callable[..., Image.Image]

    def look(self, photo: Image.Image) -> tuple[list[Face], bool]:
        """The faces of a photo, largest first, and whether there were more than `MAX_FACES`."""
        places = self.recognizer.detector(photo)
        return self.read([photo], [places[:MAX_FACES]])[0], len(places) > MAX_FACES
