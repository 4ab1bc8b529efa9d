"""A whole training run: from a recipe and labelled faces to a model folder that answers."""

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import msgspec
import numpy as np

from fer.data import LabelledFaces
from fer.data.hub import data_id
from fer.data.known import training_data
from fer.engines.choice import quickest
from fer.errors import FerError
from fer.evaluation.calibration import fit_temperature
from fer.evaluation.predictions import predict_split
from fer.evaluation.provenance import commit, hardware, versions
from fer.models.classifier import Classifier, engine_for
from fer.models.config import WEIGHTS_FILE, NetworkConfig, recorded_levels, write_config
from fer.models.files import check_sha256, write_json
from fer.models.model_folder import NetworkFolder, open_network
from fer.models.records import TRAINING
from fer.models.weights import save_network
from fer.networks.registry import normalization
from train.data.landmark_frame import is_grey, measure_frame
from train.engine.checkpoint import RunState
from train.engine.logit_adjustment import choose_shift, shift_bias
from train.engine.recipe import Recipe
from train.engine.training_loop import TrainingLoop


@dataclass(kw_only=True)
class FinishedRun(RunState):
    """What `training.json` says; `fer.models.records.TrainingRecord` is what is read of it."""

    shift: float | None = None  # of the logits, after training
    ended: str
    hardware: str
    commit: str
    versions: dict[str, str]
    data: str = ""  # as figures name it


def train_run(
    recipe: Recipe,
    train: LabelledFaces,
    validation: LabelledFaces,
    out: Path,
    workers: int | None = None,
    deadline: float = math.inf,
    data: str = "",
) -> NetworkFolder:
    """Start the run in the folder `out` or carry on exactly from its last checkpoint; its model.

    `data`, a folder or a Hub id, is noted in the record. `workers` are processes that prepare
    images; None means as many as suit the machine. Of several training processes the first one
    writes the model, and the others wait for it.

    Raises `OutOfTime`, ready to be resumed, after the `deadline` of `time.monotonic()`, and
    `FerError` when the run cannot go on.
    """
    said = training_data(recipe.training_data, train.class_counts().tolist())
    recipe = replace(recipe, training_data=said)
    loop = TrainingLoop(recipe, train, validation, out, workers, deadline)
    loop.run()
    folder = out / "model"
    if loop.accelerator.is_main_process and not is_finished(loop, folder):
        finish(loop, folder, data_id(data) if data else "")
    if loop.accelerator.is_main_process:
        print(f"The model is in {folder}")
    loop.accelerator.wait_for_everyone()
    return open_network(folder)


def is_finished(loop: TrainingLoop, folder: Path) -> bool:
    """Whether a folder has the model of this very run, whose record is then left as it is."""
    try:
        config = open_network(folder).config
        check_sha256(folder / WEIGHTS_FILE, config.sha256)
        recorded = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
        return msgspec.convert(recorded, RunState) == loop.state
    except (FerError, OSError, ValueError):  # msgspec's is a ValueError
        return False


def finish(loop: TrainingLoop, folder: Path, data: str = "") -> None:
    """Write a trained network as a model folder, calibrated on validation, with its record."""
    recipe, size = loop.recipe, loop.recipe.stages[-1].size
    shift = None
    if recipe.logit_adjustment:
        logits = loop.judge.logits(loop.model, size)
        shift = choose_shift(logits, loop.validation.labels, loop.prior.cpu().numpy())
        shift_bias(loop.model, shift, loop.prior)
    labels = loop.train.label_set
    mean, std = normalization(recipe.architecture)
    config = NetworkConfig(
        architecture=recipe.architecture,
        input_size=size,
        mean=mean,
        std=std,
        frame=tuple(map(tuple, measure_frame(loop.train).tolist())),
        grey=is_grey(loop.train),
        mirror=recipe.mirror,
        temperature=1.0,
        training_data=recipe.training_data,
        recipe=recipe.name,
        labels=labels.names,
        levels=recorded_levels(labels),
        outputs=labels.names,
    )
    save_network(folder, loop.model, config)
    written = open_network(folder)
    temperature = measure_temperature(written, loop.validation)
    write_config(folder, replace(written.config, temperature=temperature))
    record = FinishedRun(
        **vars(loop.state),
        shift=shift,
        ended=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        hardware=hardware(),
        commit=commit(),
        versions=versions(),
        data=data,
    )
    write_json(folder / TRAINING, record.plain())


def measure_temperature(folder: NetworkFolder, validation: LabelledFaces) -> float:
    """The temperature that suits a model, as it will answer, on the validation split."""
    engine, _ = engine_for([folder], quickest())
    probabilities = predict_split(Classifier.load(folder, engine).predict, validation)
    # A logarithm of probabilities is the logits but for a shift, which softmax does not see.
    return fit_temperature(np.log(probabilities.clip(np.finfo(np.float32).tiny)), validation.labels)
