"""A model folder's card, from its configuration, metrics and training record."""

import json
import re
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from fer import ensemble
from fer.errors import ModelError
from fer.folder import WEIGHTS, name_of, read_config
from fer.hub import Source, locate, member_of
from fer.labels import EMOTIONS, LEVELS_5
from model_cards.metadata import metadata
from model_cards.terms import CITATIONS, data_key, licence_of
from model_cards.words import (
    headline,
    hours,
    interval,
    limits,
    megabytes,
    network_name,
    percent,
    plots,
    stage_sentence,
)
from train.ablation import ablation_table, mcnemar_table
from train.provenance import training_record, weights
from train.report import read_metrics

HERE = Path(__file__).parent
CARD = "README.md"


def render(folder: Path, name: str | None = None) -> str:
    """The text of a folder's card; the model is called as its folder is, if not by `name`.

    Raises `ModelError` when its metrics are missing, not finite or of other weights, or the
    template lacks a value.
    """
    splits = checked_metrics(folder)
    context = ensemble_context(folder) if ensemble.is_ensemble(folder) else model_context(folder)
    name = name or name_of(folder)
    context |= {
        "name": name,
        "place": name if "/" in name else f"weights/{name}",  # on the Hub, or where models are kept
        "emotions": EMOTIONS,
        "levels": LEVELS_5,
        "splits": splits,
        "headline": headline(splits),
        "plots": {split: plots(folder, split, figures) for split, figures in splits.items()},
        "published": published(splits),
        "limits": limits(splits, context["grey"]),
        "percent": percent,
        "interval": interval,
        "ablation_table": ablation_table,
        "mcnemar_table": mcnemar_table,
    }
    context["card_data"] = metadata(name, context, splits).to_yaml()
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, autoescape=False
    )
    try:
        text = environment.get_template("card.md").render(context)
    except UndefinedError as error:
        raise ModelError(f"The card of {folder} lacks a value: {error}.") from error
    # Jinja's blocks leave blank lines behind; Markdown wants one at a time.
    return str(
        ModelCard(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n", ignore_metadata_errors=True)
    )


def renamed(folder: Path, name: str) -> str:
    """A folder's card as it is, added prose and all, but with the model under another name."""
    text = (folder / CARD).read_text(encoding="utf-8")
    before, after = (render(folder, title).splitlines() for title in (title_of(text), name))
    lines = dict(zip(before, after, strict=True))
    return "\n".join(lines.get(line, line) for line in text.splitlines()) + "\n"


def title_of(text: str) -> str | None:
    """What a card calls its model."""
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    return title[1] if title else None


def checked_metrics(folder: Path) -> dict[str, Any]:
    """A folder's metrics; raises `ModelError` unless they are finite and of these very weights."""
    splits = read_metrics(folder)
    if not splits:
        raise ModelError(f"{folder} has no metrics.json: run python -m train.evaluate --write.")
    if "NaN" in json.dumps(splits) or "Infinity" in json.dumps(splits):
        raise ModelError(
            f"metrics.json of {folder} holds a figure that is not finite: judge again."
        )
    present = weights(folder)
    for split, figures in splits.items():
        try:
            measured = figures["provenance"]["weights"]
        except KeyError as error:
            raise ModelError(
                f"metrics.json of {folder} lacks {error} in {split}: judge again."
            ) from error
        if measured != present:
            raise ModelError(
                f"The figures of {split} in {folder} were measured on other weights: judge again."
            )
    return splits


def model_context(folder: Path) -> dict[str, Any]:
    """What the template says of a single network."""
    config, training = read_config(folder), training_record(folder)
    recipe = training.get("recipe", {})
    earlier = training.get("started_from", {})
    start = f"from scratch, seed {recipe.get('seed', 0)}"
    if recipe.get("pretrained"):
        start = f"from timm’s ImageNet weights of {config.architecture} (CC BY-NC 4.0)"
    elif earlier:
        start = f"from an earlier model of ours (recipe `{earlier['recipe']}`)"
    return {
        "members": [],
        "config": config,
        "network": network_name(config.architecture),
        "architectures": [config.architecture],
        "grey": config.grey,
        "size_mb": megabytes([folder / WEIGHTS]),
        "temperature": f"{config.temperature:.3f}",
        "training_data": [config.training_data],
        "start": start,
        "stages": [stage_sentence(stage) for stage in recipe.get("stages", [])],
        "shift": training.get("shift"),
        "mirror": config.mirror,
        "hours": hours(training),
        "start_hours": hours(earlier),
        "hardware": training.get("hardware"),
        "pretrained": [config.architecture] if recipe.get("pretrained") else [],
        "sources": [(config.training_data, training)],
        **terms([(config.training_data, training)], [config.architecture]),
    }


def ensemble_context(folder: Path) -> dict[str, Any]:
    """What the template says of an ensemble: its members' terms, sizes and names together."""
    members = members_of(folder)
    contexts = [model_context(member.folder) for member in members]
    sources = [source for context in contexts for source in context["sources"]]
    architectures = [c["config"].architecture for c in contexts]
    data = {d["name"]: d for context in contexts for d in context["training_data"]}
    return {
        "members": [
            f"{member.name} ({context['network']})"
            for member, context in zip(members, contexts, strict=True)
        ],
        "config": None,
        "architectures": architectures,
        "grey": all(context["grey"] for context in contexts),
        "size_mb": megabytes([member.folder / WEIGHTS for member in members]),
        "training_data": list(data.values()),
        "pretrained": [name for context in contexts for name in context["pretrained"]],
        **terms(sources, [*architectures, "ensemble"]),
    }


def members_of(folder: Path) -> list[Source]:
    """Where the members of an ensemble are, pulled from the Hub if need be."""
    here = Source(folder, name_of(folder))
    found = []
    for member in ensemble.read_config(folder).members:
        with locate(member_of(here, member)) as source:
            found.append(source)
    return found


def terms(
    sources: list[tuple[dict[str, str], dict[str, Any]]], architectures: list[str]
) -> dict[str, Any]:
    """Licence (the strictest of the sources), data sets and citations."""
    licence = max((licence_of(*source) for source in sources), key=lambda found: found.rank)
    keys = sorted({key for data, _ in sources if (key := data_key(data))})
    works = [*(name.split("_")[0] for name in architectures), *keys]
    citations = [CITATIONS[work] for work in dict.fromkeys(works) if work in CITATIONS]
    return {
        "licence": licence,
        "licence_sentence": licence.sentence,
        "data_keys": keys,
        "citations": citations,
    }


def published(splits: dict[str, Any]) -> list[dict[str, Any]]:
    """Published figures on the data that the model was judged on."""
    rows = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    judged = {_plain(figures["provenance"]["data"]) for figures in splits.values()}
    return [row for row in rows if any(_plain(row["data"]) in name for name in judged)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower().replace("+", "plus"))
