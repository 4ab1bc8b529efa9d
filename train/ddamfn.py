"""Train DDAMFN: python -m train.ddamfn --data FOLDER --out runs/NAME

Starts a run or, given the same --out again, carries on exactly from its last checkpoint. It ends in
a model folder, `<out>/model`, in half precision.
"""

import argparse
import sys
from pathlib import Path

from fer.data import load_split
from fer.errors import FerError
from fer.folder import ModelConfig, save_model
from fer.preprocess import IMAGENET_MEAN, IMAGENET_STD
from train.calibration import fit_temperature
from train.framing import measure_frame
from train.loop import Run
from train.recipe import load_recipe

RECIPES = Path(__file__).parent / "recipes"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m train.ddamfn", description="Train DDAMFN.")
    parser.add_argument("--data", type=Path, required=True, help="folder of train and validation")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, default=RECIPES / "ferplus-ddamfn.toml")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", help="override the recipe")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare images")
    options = parser.parse_args(arguments)
    try:
        train(options)
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def train(options: argparse.Namespace) -> None:
    """Train, fit the temperature on validation and write the model folder."""
    recipe = load_recipe(options.recipe, options.set)
    data = load_split(options.data, "train")
    validation = load_split(options.data, "validation")
    run = Run(recipe, data, validation, options.out, options.workers)
    run.train()
    size = recipe.stages[-1].size
    logits = run.predict(run.model, validation, size)
    config = ModelConfig(
        architecture="ddamfn",
        input_size=size,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        frame=tuple(map(tuple, measure_frame(data).tolist())),
        temperature=fit_temperature(logits, validation.labels),
        training_data=recipe.training_data,
        recipe=recipe.name,
    )
    save_model(options.out / "model", run.model, config)
    print(f"The model is in {options.out / 'model'}")


if __name__ == "__main__":
    sys.exit(main())
