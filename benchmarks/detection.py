"""Faces found and faces imagined, kind by kind of photo.

    python -m benchmarks.detection                   # the composed set
    python -m benchmarks.detection --ferplus FOLDER  # FER+'s faces, and through to expressions

The figures go to benchmarks/detection.json under the name of the detector that was judged; those
of others stay. benchmarks/detection.md shows them side by side.
"""

import argparse
import json
from pathlib import Path

import fer
from benchmarks import end_to_end
from benchmarks.detection_scenes import example_portraits, with_faces
from benchmarks.detection_table import render
from benchmarks.faceless_scenes import without_faces
from benchmarks.tally import judge
from fer.data import load_split

REPORT = Path(__file__).parent / "detection.json"
TABLE = REPORT.with_suffix(".md")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--name", default="YuNet", help="what the report calls the detector")
    parser.add_argument("--ferplus", type=Path, help="folder with FER+'s validation.parquet")
    arguments = parser.parse_args()
    recognizer = fer.load()
    if arguments.ferplus:
        faces = load_split(arguments.ferplus, "validation")
        portraits = end_to_end.portraits(faces)
        figures = {
            "FER+ faces": judge(recognizer.detector, with_faces(portraits)),
            "end to end": end_to_end.judge(recognizer, faces),
        }
    else:
        figures = {
            "faces": judge(recognizer.detector, with_faces(example_portraits())),
            "no face": judge(recognizer.detector, without_faces()),
        }
    report = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    report.setdefault(arguments.name, {}).update(figures)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    TABLE.write_text(render(report))


if __name__ == "__main__":
    main()
