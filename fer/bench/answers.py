"""How long an answer takes, part by part and as a whole, in a process that has the model."""

import base64
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np

import fer
from fer.bench import clock
from fer.bench.photos import SIZES, SMALL, Photo, compose
from fer.bench.plan import Plan
from fer.bench.records import Measurement, Outcome, Skipped, measurement
from fer.errors import MissingExtra
from fer.images import open_image
from fer.models.bundled import FAST, bundled_model

PARTS = "Parts of an answer"
WHOLE = "A photo, from its bytes to the answer"
MOVING = "Moving pictures of one face"
VIDEO = f"pictures read of a video, {SMALL}"
LIVE = "server's part of a live answer"

CLIP_RATE = 30  # pictures a second, as phones film
LIVE_SIZE = (480, 270)  # of the picture that the page sends


def load(plan: Plan) -> Iterator[Measurement]:
    """The bundled model from the disk."""
    yield _timed(PARTS, "load the model", fer.load, plan)


def decode_and_find(recognizer: fer.Recognizer, size: str, plan: Plan) -> Iterator[Measurement]:
    """What comes before the networks, on photos of a size."""
    for faces in (1, 10):
        photo = compose(SIZES[size], faces)
        data, picture = photo.jpeg(), photo.picture
        if faces == 1:
            yield _timed(PARTS, f"decode, {size}", partial(open_image, data), plan)
        what = f"find {_faces(faces)}, {size}"
        yield _timed(PARTS, what, partial(recognizer.detector, picture), plan)


def align(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Measurement]:
    """A face cut out for every network."""
    picture = compose(SIZES[SMALL], 1).picture
    face = recognizer.detector(picture)[0]
    yield _timed(
        PARTS,
        "align a face for all networks",
        lambda: [model.crop(picture, face.landmarks) for model in recognizer.models],
        plan,
    )


def classify(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Measurement]:
    """Each network on crops, alone and in batches."""
    face = recognizer(compose(SIZES[SMALL], 1).picture)[0]
    for model, crop in zip(recognizer.models, face.crops, strict=True):
        for batch in plan.batches:
            taken = clock.repeated(partial(model.predict, [crop] * batch), plan)
            what = classified(model.name, recognizer.engine.precision, batch)
            yield measurement(PARTS, what, [1000 * value / batch for value in taken], "ms")


def classify_in_bf16(plan: Plan) -> Iterator[Outcome]:
    """The same in bf16, where the CPU has it."""
    recognizer = fer.load(precision="bf16")
    if recognizer.engine.precision == "bf16":
        yield from classify(recognizer, plan)
        return
    for model in recognizer.models:
        for batch in plan.batches:
            what = classified(model.name, "bf16", batch)
            yield Skipped(PARTS, what, "This CPU has no instructions for bf16.")


def classified(model: str, precision: str, batch: int) -> str:
    """What the figure of a batch is called."""
    return f"{model} {precision}, {'1 face' if batch == 1 else f'a face of {batch}'}"


def explain(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Measurement]:
    """A heatmap of each network."""
    picture = compose(SIZES[SMALL], 1).picture
    face = recognizer(picture)[0]
    for member, model in enumerate(recognizer.models):
        call = partial(recognizer.explain, picture, face, member=member)
        yield _timed(PARTS, f"heatmap of {model.name}", call, plan)


def photo(recognizer: fer.Recognizer, size: str, plan: Plan) -> Iterator[Measurement]:
    """Photos of a size, and how many of their faces were found."""
    for faces in (1, 10):
        data = compose(SIZES[size], faces).jpeg()
        yield _timed(WHOLE, photo_of(size, faces), partial(recognizer, data), plan)
    yield measurement(WHOLE, found(size), [len(recognizer(data))], "faces")


def photo_by_fast(plan: Plan) -> Iterator[Measurement]:
    """A photo read by the bundled single network."""
    recognizer = fer.load(bundled_model(FAST))
    for faces in (1, 10):
        data = compose(SIZES[SMALL], faces).jpeg()
        yield _timed(WHOLE, by_fast(photo_of(SMALL, faces)), partial(recognizer, data), plan)


def photo_of(size: str, faces: int) -> str:
    """What the figure of a photo is called."""
    return f"{size}, {_faces(faces)}"


def by_fast(what: str) -> str:
    """What a figure is called that is not the ensemble's."""
    return f"{what}, by fast"


def found(size: str) -> str:
    """What the number of faces found in a photo of ten is called."""
    return f"{size}, found of 10 faces"


def video(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Measurement]:
    """A clip, of which five pictures a second are read, as the page reads it."""
    hasty = recognizer.hasty()
    with tempfile.TemporaryDirectory() as folder:
        clip = write_clip(Path(folder) / "clip.mp4", compose(SIZES[SMALL], 1), plan.clip_seconds)
        read = len(fer.video.watch(clip, hasty).rows)
        taken = clock.repeated(partial(fer.video.watch, clip, hasty), plan)
    yield measurement(MOVING, VIDEO, [read / value for value in taken], "/s")


def write_clip(path: Path, photo: Photo, seconds: int) -> Path:
    """A clip in which a photo slowly moves to the right."""
    pixels = np.asarray(photo.picture)
    with av.open(path, "w") as clip:
        stream = clip.add_stream("mpeg4", CLIP_RATE, pix_fmt="yuv420p")
        stream.width, stream.height = photo.picture.size
        for moved in range(CLIP_RATE * seconds):
            frame = av.VideoFrame.from_ndarray(np.roll(pixels, moved, axis=1), "rgb24")
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode())
    return path


def live(recognizer: fer.Recognizer, plan: Plan) -> Iterator[Outcome]:
    """The server's part of the live tab: a small picture whose face was in the one before."""
    try:
        from fer.ui.backend import Backend
        from fer.ui.tabs.live import answer
    except ModuleNotFoundError as error:
        yield Skipped(MOVING, LIVE, str(MissingExtra(error, "app")))
        return
    backend = Backend.on_cpu(recognizer)
    picture = Photo(compose(SIZES[SMALL], 1).picture.resize(LIVE_SIZE), ()).jpeg()
    address = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    before = [face["box"] for face in answer(backend, {"picture": address, "before": []})["faces"]]
    asked = {"picture": address, "before": before}
    yield _timed(MOVING, LIVE, lambda: answer(backend, asked), plan)


def _timed(group: str, what: str, call: Callable[[], object], plan: Plan) -> Measurement:
    return measurement(group, what, [1000 * value for value in clock.repeated(call, plan)], "ms")


def _faces(count: int) -> str:
    return f"{count} face{'s' if count > 1 else ''}"
