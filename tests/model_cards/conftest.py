"""Two models and their ensemble with cards, for every test of cards."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from generated import copy_member, write_split

from fer.data import load_split
from fer.evaluation.evaluate import evaluate_models
from fer.evaluation.stacking import fit_stacker
from fer.models.config import EnsembleConfig
from fer.models.ensemble import save_ensemble
from fer.recognizer import load
from model_cards import metadata
from model_cards.__main__ import main


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Two models and their ensemble, judged on what the Hub takes for a benchmark, with cards."""
    root = tmp_path_factory.mktemp("cards")
    write_split(root / "validation.parquet", 35)
    faces = load_split(root, "validation")
    members = [load(copy_member(root / name)) for name in ("one", "two")]
    probabilities = np.stack([member.predict(faces.images["image"]) for member in members])
    stacker = fit_stacker(probabilities, faces.labels)
    save_ensemble(root / "both", EnsembleConfig(("../one", "../two"), "stack"), stacker)
    for name in ("one", "two"):
        (root / name / "metrics.json").unlink()
    models = [load(root / name) for name in ("one", "two", "both")]
    for evaluation in evaluate_models(models, faces, str(root), "validation", spoilt=True):
        evaluation.write()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(metadata.BENCHMARKS, root.name, "me/benchmark")
        assert main([str(root / name) for name in ("one", "two", "both")]) == 0
        yield root


@pytest.fixture
def copy(made, tmp_path) -> Path:
    """The same to spoil: `one`, `two` and `both`."""
    return shutil.copytree(made, tmp_path / "copy")
