"""The command line that `train.ddamfn` and `train.convnext` share."""

import argparse
import sys
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from fer.data import LabelledFaces, load_split
from fer.errors import FerError
from fer.evaluation.predictions import predict_split
from fer.evaluation.provenance import TRAINING, commit, hardware, versions
from fer.models.classifier import Model
from fer.models.model_folder import ModelConfig, read_config, save_model, write_config, write_json
from fer.networks.registry import normalization
from train.data.landmark_frame import is_grey, measure_frame
from train.engine.calibration import fit_temperature
from train.engine.logit_adjustment import choose_shift, shift_bias
from train.engine.recipe import load_recipe
from train.engine.training_run import OutOfTime, Run

RECIPES = Path(__file__).parent.parent / "recipes"


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
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop, ready to be resumed, after so long"
    )
    parser.add_argument(
        "--skip-unreadable", action="store_true", help="leave out images that cannot be read"
    )
    options = parser.parse_args(arguments)
    try:
        train(options)
    except OutOfTime:
        print(f"Stopped after {options.minutes:g} minutes: the same command carries on.")
    except KeyboardInterrupt:
        print("Stopped: the same command carries on from the last checkpoint.", file=sys.stderr)
        return 130
    except FerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def train(options: argparse.Namespace) -> None:
    """Train, fit the temperature on validation and write the model folder."""
    recipe = load_recipe(options.recipe, options.set)
    data, validation = (
        load_split(options.data, split, options.skip_unreadable)
        for split in ("train", "validation")
    )
    run = Run(recipe, data, validation, options.out, options.workers, options.minutes)
    state = run.train()
    if not run.accelerator.is_main_process:
        return
    if recipe.adjust:
        logits = run.predict(run.model, validation, recipe.stages[-1].size)
        state["shift"] = choose_shift(logits, validation.labels, run.prior.cpu().numpy())
        shift_bias(run.model, state["shift"], run.prior)
    mean, std = normalization(recipe.architecture)
    config = ModelConfig(
        architecture=recipe.architecture,
        input_size=recipe.stages[-1].size,
        mean=mean,
        std=std,
        frame=tuple(map(tuple, measure_frame(data).tolist())),
        grey=is_grey(data),
        mirror=recipe.mirror,
        temperature=1.0,
        training_data=recipe.training_data,
        recipe=recipe.name,
    )
    folder = options.out / "model"
    save_model(folder, run.model, config)
    temperature = measure_temperature(folder, validation)
    write_config(folder, replace(read_config(folder), temperature=temperature))
    ended = datetime.now(timezone.utc).isoformat(timespec="seconds")
    origin = {"ended": ended, "hardware": hardware(), "commit": commit(), "versions": versions()}
    write_json(folder / TRAINING, state | origin)
    print(f"The model is in {folder}")


def measure_temperature(folder: Path, validation: LabelledFaces) -> float:
    """The temperature that suits a model folder, as it will answer, on the validation split."""
    probabilities = predict_split(Model(folder).predict, validation)
    # A logarithm of probabilities is the logits but for a shift, which softmax does not see.
    return fit_temperature(np.log(probabilities.clip(np.finfo(np.float32).tiny)), validation.labels)
