"""The command line that `train.ddamfn` and `train.convnext` share."""

import argparse
import sys
from pathlib import Path

from fer.data import load_split
from fer.errors import FerError
from fer.folder import ModelConfig, save_model, write_json
from fer.preprocess import IMAGENET_MEAN, IMAGENET_STD
from train.calibration import fit_temperature
from train.framing import is_grey, measure_frame
from train.loop import Run
from train.provenance import commit, versions
from train.recipe import load_recipe

TRAINING = "training.json"  # in the model folder: recipe, course and cost of the run
RECIPES = Path(__file__).parent / "recipes"


def main(program: str, recipe: str, arguments: list[str] | None = None) -> int:
    """Parse the arguments and train; returns the exit code."""
    parser = argparse.ArgumentParser(prog=program, description="Train a network; resumes a run.")
    parser.add_argument(
        "--data", required=True, help="folder or Hub id of a data set with train and validation"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--recipe", type=Path, default=RECIPES / recipe, help="TOML file")
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
    state = run.train()
    size = recipe.stages[-1].size
    logits = run.predict(run.model, validation, size)
    config = ModelConfig(
        architecture=recipe.architecture,
        input_size=size,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        frame=tuple(map(tuple, measure_frame(data).tolist())),
        grey=is_grey(data),
        temperature=fit_temperature(logits, validation.labels),
        training_data=recipe.training_data,
        recipe=recipe.name,
    )
    save_model(options.out / "model", run.model, config)
    record = {**state, "commit": commit(), "versions": versions()}
    write_json(options.out / "model" / TRAINING, record)
    print(f"The model is in {options.out / 'model'}")
