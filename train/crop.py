"""Faces out of photos, as networks are trained on them: python -m train.crop PHOTOS --out FACES

PHOTOS is a folder, which is mirrored with its lists of labels, or a data set of parquet files or of
the Hub, of which folders of emotions are made. Of each photo the largest face is taken, turned and
scaled so that its landmarks lie where the paper's protocol has them (112×112 pixels, as ArcFace).
Stopped at any moment, the same command carries on. Nothing that exists is written over.
"""

import argparse
import sys
from pathlib import Path

from fer.commands import run_command

STOPPED = "Stopped: the same command carries on where it was."


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code: 1 where some photos gave no face."""
    parser = argparse.ArgumentParser(
        prog="python -m train.crop", description="Cut faces out of photos and align them."
    )
    parser.add_argument("photos", help="folder of photos, or folder or Hub id of a data set")
    parser.add_argument("--out", type=Path, required=True, help="folder for the faces")
    parser.add_argument("--size", type=int, default=112, help="side of a face, pixels (else 112)")
    options = parser.parse_args(arguments)
    return run_command(lambda: crop(options.photos, options.out, options.size), "train", STOPPED)


def crop(photos: str, out: Path, size: int) -> int:
    """Cut out the faces as the command line says; the exit code."""
    from train.data.cropping import NO_FACE, crop_all, photos_of

    cut, without = crop_all(photos_of(photos, out), out, size)
    print(f"{cut} faces are in {out}")
    if without:
        print(f"{without} photos gave none: {out / NO_FACE} says why.")
    return int(bool(without))


if __name__ == "__main__":
    sys.exit(main())
