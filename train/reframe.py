"""Measure a model's landmark frame anew: python -m train.reframe MODEL [MODEL …] --data FOLDER

For models that were trained before the face detector changed: where it puts the landmarks in the
training crops becomes the frame in their `config.json`, by which faces are cut out of photos.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from fer.errors import run_command


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train.reframe", description="Measure a model's landmark frame anew."
    )
    parser.add_argument("models", type=Path, nargs="+", help="model folders")
    parser.add_argument("--data", required=True, help="the data that they were trained on")
    options = parser.parse_args(arguments)
    return run_command(lambda: reframe(options.models, options.data), "train")


def reframe(models: list[Path], data: str) -> int:
    """Write the frame into every configuration; the exit code."""
    from fer.data import load_split
    from fer.models.config import write_config
    from fer.models.model_folder import open_network
    from train.data.landmark_frame import measure_frame

    frame = tuple(map(tuple, measure_frame(load_split(data, "train")).tolist()))
    for model in models:
        config = open_network(model).config
        write_config(model, replace(config, frame=frame))
        print(f"{model}: {config.frame} becomes {frame}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
