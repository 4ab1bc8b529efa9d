"""Every choice of a recipe is heard: which faces are drawn, how they count, how steps go."""

import copy
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from generated import write_split
from PIL import Image

from fer.data import LabelledFaces, load_split
from fer.errors import DataError
from fer.evaluation.calibration import fit_temperature
from fer.models.config import TrainingData
from train.data.batches import training_batches
from train.data.landmark_frame import is_grey
from train.engine.losses import attention_diversity, total_loss
from train.engine.optimizer import make_optimizer, set_learning_rate, take_step
from train.engine.precision import settled
from train.engine.recipe import Recipe, Stage, load_recipe

RECIPES, RUNS = Path("train/recipes"), Path("train/runs")
BF16_QUERIES = {
    "cpu": ["_is_avx512_bf16_supported", "_is_amx_tile_supported"],
    "cuda": ["is_bf16_supported"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_split(folder / "train.parquet", 28)
    write_split(folder / "validation.parquet", 14)  # or train would be shared out
    return folder


def recipe(**changes) -> Recipe:
    stage = Stage("only", "whole", size=32, epochs=2, batch=4, lr=1e-3)
    return replace(Recipe("test", TrainingData("", ""), (stage,)), **changes)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("start_step", [0, 3, 9])
def test_batches_from_any_step_are_those_of_an_unbroken_run(data, start_step, workers):
    faces = load_split(data, "train")
    unbroken = list(training_batches(faces, recipe(), 0, 0, 0)[0])
    resumed = list(training_batches(faces, recipe(), 0, start_step, workers)[0])
    assert len(unbroken) == 14
    assert len(resumed) == 14 - start_step
    for (a, b), (c, d) in zip(unbroken[start_step:], resumed, strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


@pytest.mark.parametrize(("faces", "steps"), [(0, 14), (8, 4), (40, 20)])
def test_an_epoch_draws_as_many_faces_as_the_stage_says(data, faces, steps):
    stage = replace(recipe().stages[0], faces=faces)
    batches = training_batches(load_split(data, "train"), recipe(stages=(stage,)), 0, 0, 0)[0]
    assert len(list(batches)) == steps


def test_epochs_and_seeds_draw_differently(data):
    faces = load_split(data, "train")
    first, second = (list(training_batches(faces, recipe(seed=s), 0, 0, 0)[0]) for s in (0, 1))
    assert not torch.equal(first[0][0], second[0][0])
    assert not torch.equal(first[0][0], first[7][0])


def test_balance_draws_rare_emotions_more_often(data):
    faces = load_split(data, "train")
    rare = np.flatnonzero(faces.labels == 2)[1:]  # leave one face of disgust
    kept = np.setdiff1d(np.arange(len(faces)), rare)
    uneven = type(faces)(faces.images.select(kept), faces.labels[kept], faces.targets[kept])
    shares = {}
    for balance in (0.0, 1.0):
        drawn = [
            y.argmax(1) for _, y in training_batches(uneven, recipe(balance=balance), 0, 0, 0)[0]
        ]
        shares[balance] = (torch.cat(drawn) == 2).float().mean()
    assert shares[0.0] < 0.05 < 0.09 < shares[1.0]


def test_soft_labels_are_the_votes(data):
    faces = load_split(data, "train")
    assert faces.targets[0].tolist() == pytest.approx([8 / 9, 0, 0, 0, 0, 0, 1 / 9])
    _, hard = next(iter(training_batches(faces, recipe(soft_labels=False), 0, 0, 0)[0]))
    assert set(hard.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        ("one-cycle", 0, 0.04),
        ("one-cycle", 15, 1.0),
        ("one-cycle", 100, 0.0),
        ("exponential", 50, 0.9**10),
        ("step", 49, 1.0),
        ("step", 50, 0.1),
    ],
)
def test_learning_rate(schedule, step, expected):
    stage = Stage("s", "whole", 112, epochs=20, batch=4, lr=0.5, schedule=schedule)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
    set_learning_rate(optimizer, stage, step, total=100)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.5 * expected, abs=1e-3)


def closure_of(model, optimizer, scaler=None):
    """What computes the gradients of a loss that tells by the first of four numbers."""
    inputs = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.eye(2)[(inputs[:, 0] > 0).long()]

    def closure():
        optimizer.zero_grad()
        loss = 100 * torch.nn.functional.cross_entropy(model(inputs), targets)
        (scaler.scale(loss) if scaler else loss).backward()
        return loss.detach()

    return closure


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_every_optimizer_lowers_the_loss(kind, rho):
    model = torch.nn.Linear(4, 2)
    stage = Stage("s", "whole", 112, 1, 4, lr=0.05, optimizer=kind, sam_rho=rho)
    optimizer = make_optimizer(model, stage)
    closure, unscaled = closure_of(model, optimizer), torch.amp.GradScaler("cpu", enabled=False)
    before = closure().item()
    for _ in range(10):
        take_step(optimizer, closure, unscaled)
    assert closure().item() < before


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("rho", [0.0, 0.05])
def test_a_step_whose_scaled_gradients_overflow_is_left_out(kind, rho):
    stage = Stage("s", "whole", 112, 1, 4, lr=0.05, optimizer=kind, sam_rho=rho)
    first = torch.nn.Linear(4, 2)
    trained = []
    for scale in (2.0**127, 2.0**16, None):
        model = copy.deepcopy(first)
        optimizer = make_optimizer(model, stage)
        scaler = torch.amp.GradScaler("cpu", init_scale=scale or 1.0, enabled=scale is not None)
        closure = closure_of(model, optimizer, scaler)
        if scale == 2.0**127:
            take_step(optimizer, closure, scaler)
            torch.testing.assert_close(model.state_dict(), first.state_dict(), rtol=0, atol=0)
            assert scaler.get_scale() == 2.0**126
            scaler.update(2.0**16)
        for _ in range(5):
            take_step(optimizer, closure, scaler)
        trained.append(model.state_dict())
    torch.testing.assert_close(trained[0], trained[2])
    torch.testing.assert_close(trained[1], trained[2])


def test_diversity_is_pairs_over_the_sum_of_differences():
    maps = torch.zeros(2, 3, 4, 7, 7)
    maps[1] = 0.5
    assert attention_diversity(maps).item() == pytest.approx(1 / 0.25, rel=1e-4)
    logits, targets = torch.zeros(3, 7), torch.eye(7)[:3]
    prior = torch.full((7,), 1 / 7)
    plain = total_loss(logits, targets, recipe(), prior)
    assert (total_loss((logits, maps), targets, recipe(), prior) - plain).item() == pytest.approx(
        0.4, rel=1e-3
    )


@pytest.mark.parametrize(
    ("imbalance", "balance", "rare_costs_more"),
    [
        ("sampler", 1.0, False),  # left to the sampler
        ("class-balanced", 0.0, False),
        ("class-balanced", 1.0, True),
        ("logit-adjusted", 0.0, False),
        ("logit-adjusted", 1.0, True),
    ],
)
def test_imbalance_in_the_loss(imbalance, balance, rare_costs_more):
    prior = torch.tensor([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2])
    chosen = recipe(imbalance=imbalance, balance=balance)
    common, rare = (
        total_loss(torch.zeros(14, 7), torch.eye(7)[[0] * 7 + [c] * 7], chosen, prior)
        for c in (0, 1)
    )
    assert (rare > common + 0.01) == rare_costs_more


@pytest.mark.parametrize(("mode", "grey"), [("L", True), ("RGB", False)])
def test_grey_data_is_noticed(mode, grey):
    noise = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    pictures = [{"image": Image.fromarray(noise).convert(mode)}] * 3
    assert is_grey(LabelledFaces(pictures, np.zeros(3, int), np.eye(7)[:3])) == grey


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_recovered(temperature):
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 2, (20_000, 7))
    noise = generator.gumbel(size=logits.shape)  # the largest noisy logit is a sample of softmax
    labels = (logits + noise).argmax(1)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize(
    ("precision", "device", "able", "expected"),
    [
        ("fp32", "cpu", True, "fp32"),
        ("bf16", "cpu", False, "bf16"),
        ("auto", "cpu", True, "bf16"),
        ("auto", "cpu", False, "fp32"),
        ("auto", "cuda", True, "bf16"),
        ("auto", "cuda", False, "fp16"),  # a T4
        ("fp16", "cuda", True, "fp16"),
        ("fp16", "cpu", True, "fp16"),  # slow, but who asks for it gets it
        ("auto", "mps", True, "fp32"),
    ],
)
def test_precision(monkeypatch, precision, device, able, expected):
    for module in ("cpu", "cuda"):  # the one that is not asked says the opposite
        says = able if module == device else not able
        for name in BF16_QUERIES[module]:
            monkeypatch.setattr(f"torch.{module}.{name}", lambda says=says, **_: says)
    assert settled(precision, torch.device(device)) == expected


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_load(path):
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert msgspec.convert(json.loads(json.dumps(asdict(recipe))), Recipe) == recipe


@pytest.mark.parametrize("path", sorted(RUNS.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_run_can_be_repeated(path):
    """By the recipe that bears the run's name or, where there is none, the recorded one."""
    recorded = msgspec.convert(json.loads(path.read_text(encoding="utf-8"))["recipe"], Recipe)
    own = RECIPES / f"{path.stem}.toml"
    recipe = load_recipe(own if own.exists() else RECIPES / f"{recorded.name}.toml")
    start = re.sub("^weights/", "fer/weights/", recorded.start)  # where they are now
    # The first records do not name the licence.
    data = replace(recipe.training_data, licence_id=recorded.training_data.licence_id)
    if recipe.precision == "auto":  # it records what the machine had
        recipe = replace(recipe, precision=recorded.precision)
    assert replace(recipe, name=recorded.name, training_data=data) == replace(recorded, start=start)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("seed=7", None),
        ("stages.0.epochs=3", None),
        ("stages.9.epochs=3", "Cannot set"),
        ("stages.0.epochs=", "Cannot set"),
        ("sed=7", "no setting 'sed'"),
        ("augmentation.flop=1", "no setting 'flop'; it knows jitter, rotation"),
        ("stages.0.flop=1", "no setting 'flop'; it knows name, network"),
        ("seed.x=1", "Cannot set"),
        ("seed='x'", "seed must be int, got str"),
        ("stages.0.batch=0", "stages.0.batch must be int >= 1"),
        ("stages.0.optimizer='lion'", "stages.0.optimizer must be one of adamw, adam, sgd"),
        ("imbalance='none'", "imbalance must be one of sampler, class-balanced, logit-adjusted"),
        (
            "architecture='vgg'",
            r"architecture must be one of ddamfn, face_resnet29.*timm has no network 'vgg'",
        ),
        ("architecture='resnt18'", "or any image classifier of timm .*nearest: resnet18"),
        ("architecture='resnet18'", None),
        ("stages=[]", "stages must be array of length >= 1"),
        ("precision='fp8'", "precision must be one of auto, fp32, bf16, fp16"),
        ("precision=bf16", "Cannot set 'precision=bf16': write it like .* architecture='ddamfn'"),
        ("stages.0.schedule='cosine'", "schedule must be one of one-cycle, step, exponential"),
        ("stages.0.network='head'", "network must be one of backbone, whole"),
        ("stages.0.epochs=0", "stages.0.epochs must be int >= 1"),
        ("stages.0.epochs=10001", "stages.0.epochs must be int <= 10000"),
        ("stages.0.validate_every=0", "validate_every must be int >= 1"),
        ("stages.0.faces=-1", "stages.0.faces must be int >= 0"),
        ("stages.0.lr=0", "stages.0.lr must be float > 0"),
        ("stages.0.lr=-1e-3", "stages.0.lr must be float > 0"),
        ("stages.0.lr=nan", "stages.0.lr must be float > 0"),
        ("stages.0.lr=inf", "stages.0.lr must be float <= 1e"),
        ("stages.0.body_lr=1.5", "body_lr must be float <= 1"),
        ("stages.0.weight_decay=-0.1", "weight_decay must be float >= 0"),
        ("stages.0.sam_rho=nan", "sam_rho must be float >= 0"),
        ("stages.0.name=''", "stages.0.name must be str of length >= 1"),
        ("stages.1.name='backbone'", "Two stages of the recipe are called backbone: rename one"),
        ("augmentation.jitter=1.1", "augmentation.jitter must be float <= 1"),
        ("augmentation.erase=-0.1", "augmentation.erase must be float >= 0"),
        ("augmentation.shrink=nan", "augmentation.shrink must be float >= 0"),
        ("augmentation.jpeg=2", "augmentation.jpeg must be float <= 1"),
        ("augmentation.recut=2", "augmentation.recut must be float <= 1"),
        ("augmentation.zoom=1.0", "augmentation.zoom must be float < 1"),
        ("augmentation.shift=2", "augmentation.shift must be float <= 1"),
        ("augmentation.rotation=361", "augmentation.rotation must be float <= 180"),
        ("augmentation.brightness=-1", "augmentation.brightness must be float >= 0"),
        ("balance=-1", "balance must be float >= 0"),
        ("balance=1000", "balance must be float <= 2"),
        ("ema=1.0", "ema must be float < 1"),
        ("ema=nan", "ema must be float >= 0"),
        ("label_smoothing=1.5", "label_smoothing must be float <= 1"),
        ("teaching=1.5", "teaching must be float <= 1"),
        ("mixup=-0.2", "mixup must be float >= 0"),
        ("diversity=inf", "diversity must be float <= 1e"),
        ("seed=-1", "seed must be int >= 0"),
        ("checkpoint_minutes=-1", "checkpoint_minutes must be float >= 0"),
        ("alikeness=1.0", "alikeness without teachers: name one"),
        ("pretrained=true", "timm has no weights of a ddamfn: leave out pretrained, or choose one"),
        ("training_data={}", "lacks training_data.name"),
    ],
)
def test_overrides(override, sentence):
    path = RECIPES / "ferplus-ddamfn.toml"
    if sentence is None:
        assert load_recipe(path, [override]) != load_recipe(path)
        return
    with pytest.raises(DataError, match=sentence):
        load_recipe(path, [override])
