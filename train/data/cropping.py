"""Cuts the largest face out of every photo of a folder or data set."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from fer.data import LabelledFaces
from fer.data.hub import require_name
from fer.data.lists import SUFFIXES
from fer.data.load import available
from fer.errors import DataError, FerError
from fer.faces import ARCFACE, FaceDetector, crop_matrix, cut_crop
from fer.images import open_image
from fer.labels import EMOTIONS
from fer.models.classifier import engine_for

LISTS = {".csv", ".txt", ".tsv"}  # of labels: copied, for they name the faces too
NO_FACE = "no_face.txt"  # in the folder of faces: photos that gave none, and why
AT_ONCE = 4  # photos that are searched side by side
SIZES = range(16, 1025)  # of a face, pixels

SAMPLE = 40  # pictures looked at, to tell photos from faces
# Between the eyes of a face, as a share of the picture's width: ArcFace's crops have 0.31, FER+'s
# 0.4; below this there is much else in the picture.
NARROW = 0.2


class Photo(NamedTuple):
    """A photo, and where its face goes, relative to the folder of faces."""

    target: Path
    open: Callable[[], Image.Image]


def photos_of(source: str, out: Path) -> list[Photo]:
    """The photos of a folder or data set; the lists of labels of a folder are copied to `out`.

    Raises `DataError` where there are none, or where faces would be among the photos.
    """
    require_name(source)
    folder = Path(source)
    if not folder.is_dir() or any(folder.glob("*.parquet")):
        return _of_splits(available(source, ["train", "validation", "test"]))
    inside, outside = folder.resolve(), out.resolve()
    if inside == outside or inside in outside.parents or outside in inside.parents:
        raise DataError(f"{out} and {folder} are in each other: choose another --out.")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    images = [path.relative_to(folder) for path in files if path.suffix.lower() in SUFFIXES]
    if not images:
        raise DataError(f"There are no photos in {folder}: check the path.")
    for path in files:
        copy = out / path.relative_to(folder)
        if path.suffix.lower() in LISTS and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    stems = Counter(path.with_suffix("") for path in images)
    return [
        Photo(
            # Where two photos differ in their suffix alone, their faces keep it.
            Path(f"{path if stems[path.with_suffix('')] > 1 else path.with_suffix('')}.png"),
            lambda path=path: open_image(folder / path),  # type: ignore[misc]
        )
        for path in images
    ]


def _of_splits(splits: dict[str, LabelledFaces]) -> list[Photo]:
    return [
        Photo(
            Path(split, EMOTIONS[faces.labels[row]], f"{row:06d}.png"),
            lambda faces=faces, row=row: faces.image(row).convert("RGB"),  # type: ignore[misc]
        )
        for split, faces in splits.items()
        for row in range(len(faces))
    ]


def crop_all(photos: Sequence[Photo], out: Path, size: int) -> tuple[int, int]:
    """Write the face of every photo that has none yet in `out`, RGB `size`×`size`.

    How many faces there are then, and how many photos gave none.
    """
    if size not in SIZES:
        raise DataError(f"--size must be {SIZES.start} to {SIZES.stop - 1} pixels.")
    out.mkdir(parents=True, exist_ok=True)
    detector = FaceDetector.load(engine_for([])[0])
    without = _read_log(out / NO_FACE)
    todo = [
        one for one in photos if not (out / one.target).exists() and str(one.target) not in without
    ]
    with tqdm(total=len(photos), initial=len(photos) - len(todo), desc="faces") as bar:
        for start in range(0, len(todo), AT_ONCE):
            some = todo[start : start + AT_ONCE]
            for photo, face in _faces(detector, some, size):
                if isinstance(face, str):
                    without.add(str(photo.target))
                    with (out / NO_FACE).open("a", encoding="utf-8") as log:
                        log.write(f"{photo.target}\t{face}\n")
                else:
                    _save(face, out / photo.target)
            bar.update(len(some))
    return len(photos) - len(without), len(without)


def _faces(
    detector: FaceDetector, photos: Sequence[Photo], size: int
) -> Iterator[tuple[Photo, Image.Image | str]]:
    """The face of each photo, or why there is none."""
    opened = []
    for photo in photos:
        try:
            opened.append((photo, photo.open()))
        except FerError as error:
            yield photo, str(error)
    found = detector.each([image for _, image in opened])
    for (photo, image), faces in zip(opened, found, strict=True):
        if not faces:
            yield photo, "No face was found."
            continue
        matrix = crop_matrix(faces[0].landmarks, ARCFACE, size, image.size)
        yield photo, cut_crop(image, matrix, size)


def _save(face: Image.Image, path: Path) -> None:
    """Whole or not at all, so that a stop leaves no half of a face."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        face.save(partial, "PNG")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _read_log(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {line.split("\t")[0] for line in lines}


def warn_of_photos(faces: LabelledFaces, data: str) -> None:
    """Say so where what is to be trained on are photos and not faces cut out of them."""
    detector = FaceDetector.load(engine_for([])[0])
    rows = np.linspace(0, len(faces) - 1, min(SAMPLE, len(faces))).astype(int)
    pictures = [faces.image(row).convert("RGB") for row in rows]
    found = [
        np.linalg.norm(own[0].landmarks[1] - own[0].landmarks[0]) / picture.width
        for picture, own in zip(pictures, detector.each(pictures), strict=True)
        if own
    ]
    if len(found) >= len(rows) / 4 and np.median(found) < NARROW:
        print(
            "WARNING: these are photos rather than faces cut out of them, which is what the app "
            f"shows the network. Cut them out first: python -m train.crop {data} --out FACES"
        )
