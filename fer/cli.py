"""The command line: fer photo.jpg [more.jpg …] [--json] [--heatmap OUT] [--model MODEL]

`fer batch INPUT… --out RESULTS` answers whole folders, data sets and films, `fer report RESULTS`
shows what came out, `fer import CHECKPOINT --out FOLDER` makes a model folder of an upstream
checkpoint, `fer export MODEL --out FOLDER` writes a model's networks for other programs, and `fer
bench` measures how fast this machine answers.
Exit code 0, or 2 when a model or a photo could not be used; the other photos are still answered.
"""

from __future__ import annotations  # or the annotations would import torch

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fer
from fer.commands import add_recognizer_options, run_command
from fer.errors import full_stop
from fer.models.bundled import default_model

if TYPE_CHECKING:
    from PIL import Image

BAR = 24  # characters of a probability of 1
MARK = ("Software", "fer --heatmap")  # in the heatmaps' files, which only then may be replaced


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    commands = {
        "batch": _batch,
        "report": _report,
        "import": _import,
        "export": _export,
        "bench": _bench,
    }
    if arguments and arguments[0] in commands:
        return run_command(lambda: commands[arguments[0]](arguments[1:]), "export")
    return run_command(lambda: _recognize(arguments))


def _batch(arguments: list[str]) -> int:
    """Answer whole folders, data sets and films."""
    from fer.bulk.command import main as batch

    return batch(arguments)


def _report(arguments: list[str]) -> int:
    """Show what came out of it."""
    from fer.report.command import main as report

    return report(arguments)


def _import(arguments: list[str]) -> int:
    """Make a model folder of an upstream checkpoint."""
    from fer.labels import EMOTIONS
    from fer.models.upstream import DATA

    parser = argparse.ArgumentParser(
        prog="fer import", description="Import upstream's DDAMFN checkpoint."
    )
    parser.add_argument("checkpoint", type=Path, help="upstream's .pth file")
    parser.add_argument("--out", type=Path, required=True, help="new model folder")
    parser.add_argument(
        "--trained-on", choices=DATA, help="when the name of the file does not tell"
    )
    parser.add_argument(
        "--contempt",
        choices=("drop", *EMOTIONS),
        help="of AffectNet-8: leave contempt out, or count its probability for an emotion",
    )
    options = parser.parse_args(arguments)

    from fer.models.upstream.conversion import import_checkpoint

    try:
        print(import_checkpoint(**vars(options)))
    except OSError as error:
        raise fer.FerError(
            f"{options.out} cannot hold the model ({error.strerror}): choose another."
        ) from error
    return 0


def _export(arguments: list[str]) -> int:
    """Write a model's networks for other programs."""
    parser = argparse.ArgumentParser(
        prog="fer export", description="Write a model's networks as ONNX files of their own."
    )
    parser.add_argument("model", help="model folder or Hub id")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument(
        "--precision", choices=("fp32", "fp16"), default="fp32", help="of the weights in the files"
    )
    options = parser.parse_args(arguments)

    from fer.export import export

    print(export(fer.load(options.model), options.out, options.precision))
    return 0


def _bench(arguments: list[str]) -> int:
    """Measure how fast this machine answers."""
    from fer.bench.command import main as bench

    return bench(arguments)


def _recognize(arguments: list[str]) -> int:
    """Answer photos."""
    parser = argparse.ArgumentParser(
        prog="fer",
        description="Emotions of every face in photos. A face shows an expression, not a feeling.",
        epilog="fer batch answers whole folders, data sets and films, fer report shows what came "
        "out, fer import makes a model folder of an upstream checkpoint, fer export writes a "
        "model's networks for other programs, fer bench measures how fast this machine answers: "
        "see fer batch --help and so on.",
    )
    parser.add_argument("photos", nargs="+", metavar="PHOTO")
    parser.add_argument("--json", action="store_true", help="print one line of JSON per photo")
    parser.add_argument(
        "--heatmap",
        type=Path,
        metavar="OUT",
        help="save what the model looked at: a .png file for one photo, else a folder",
    )
    add_recognizer_options(parser)
    options = parser.parse_args(arguments)
    recognizer = fer.load(options.model or default_model())
    if recognizer.revision and not options.json:
        print(f"{recognizer.name} at commit {recognizer.revision}", file=sys.stderr)
    heatmaps = _heatmap_paths(options.photos, options.heatmap)
    answers = [
        _answer(recognizer, photo, options, heatmap)
        for photo, heatmap in zip(options.photos, heatmaps, strict=True)
    ]
    return 0 if all(answers) else 2


def _answer(
    recognizer: fer.Recognizer, photo: str, options: argparse.Namespace, heatmap: Path | None
) -> bool:
    """Answer one photo on standard output; False when it could not be used."""
    record: dict[str, Any] = {"image": photo, "model": recognizer.name}
    if recognizer.revision:
        record["revision"] = recognizer.revision
    try:
        image = fer.images.open_image(photo)
        faces = recognizer(image, aligned=options.aligned)
        record["faces"] = [face.to_json() for face in faces]
        if heatmap:
            picture = image
            for face in faces:
                picture = recognizer.explain(picture, face)
            _save(picture, heatmap)
    except fer.FerError as error:
        record["error"] = str(error)
        print(error, file=sys.stderr)
    if options.json:
        print(json.dumps(record), flush=True)
    elif "faces" in record:
        print(describe(photo, faces), flush=True)
    return "error" not in record


def describe(photo: str, faces: list[fer.Face]) -> str:
    """The answer for one photo as lines of text, most probable emotion first."""
    if not faces:
        return f"{photo}: no face found"
    lines = [f"{photo}: {len(faces)} face{'s' if len(faces) > 1 else ''}"]
    for number, face in enumerate(faces, 1):
        box = ", ".join(str(round(side)) for side in face.box)
        doubt = "" if face.sure else ", not sure"
        valence = f", valence {face.valence:+.2f}" if face.labels.levels else ""
        lines.append(f"face {number} (box {box}){valence}{doubt}")
        for emotion, p in sorted(face.expressions.items(), key=lambda item: -item[1]):
            lines.append(f"  {emotion:<10} {p:6.1%} {'█' * round(BAR * p)}".rstrip())
        for scale in filter(None, (face.levels_5, face.levels_3)):
            lines.append("  " + ", ".join(f"{level} {p:.0%}" for level, p in scale.items()))
    return "\n".join(lines)


def _heatmap_paths(photos: list[str], out: Path | None) -> list[Path | None]:
    """Where each photo's heatmap goes, no two to one place."""
    if out is None:
        return [None] * len(photos)
    if len(photos) == 1 and out.suffix:
        return [out]
    if out.suffix:
        raise fer.FerError(f"{out} is one file for {len(photos)} photos: give --heatmap a folder.")
    paths: list[Path | None] = []
    taken: Counter[str] = Counter()
    for photo in photos:
        stem = Path(photo).stem
        taken[stem.casefold()] += 1
        again = taken[stem.casefold()]
        paths.append(out / f"{stem}{f'-{again}' if again > 1 else ''}.heatmap.png")
    return paths


def _save(picture: Image.Image, path: Path) -> None:
    """Save a heatmap, in place of an earlier one but never of anything else."""
    from PIL.PngImagePlugin import PngInfo

    if path.exists() and not _is_heatmap(path):
        raise fer.FerError(f"{path} exists and is no heatmap: choose another name for --heatmap.")
    marked = PngInfo()
    marked.add_text(*MARK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, pnginfo=marked)
    except (OSError, ValueError) as error:
        raise fer.FerError(f"The heatmap {path} cannot be saved: {full_stop(error)}") from error


def _is_heatmap(path: Path) -> bool:
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.info.get(MARK[0]) == MARK[1]
    except (OSError, ValueError, SyntaxError):
        return False
