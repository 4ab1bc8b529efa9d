"""A model folder's card, from its configuration, metrics and training record."""

import json
import re
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from fer.errors import ModelError
from fer.evaluation.comparison import ablation_table, mcnemar_table
from fer.evaluation.provenance import training_record
from fer.labels import EMOTIONS, LEVELS_5
from fer.models import ensemble
from fer.models.hub import Source, locate, member_of
from fer.models.model_folder import CONFIG, WEIGHTS, name_of, read_config
from model_cards import formatting as words
from model_cards.figures import checked_metrics
from model_cards.licences import CITATIONS, data_key, licence_of
from model_cards.metadata import metadata

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
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
        "headline": words.headline(splits),
        "plots": {split: words.plots(split, figures) for split, figures in splits.items()},
        "published": published(splits),
        "limits": words.limits(splits, context["grey"]),
        "percent": words.percent,
        "interval": words.interval,
        "data_name": words.data_name,
        "ablation_table": ablation_table,
        "mcnemar_table": mcnemar_table,
    }
    context["card_data"] = metadata(name, context, splits).to_yaml()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False
    )
    try:
        text = environment.get_template("card.md").render(context)
    except (UndefinedError, LookupError, TypeError) as error:
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


def model_folder(run: Path) -> Path:
    """The model of a run's folder; any other folder is the model's already."""
    return run / "model" if (run / "model" / CONFIG).is_file() else run


def model_context(folder: Path) -> dict[str, Any]:
    """What the template says of a single network.

    Raises `ModelError` when its configuration or training record is not as it should be.
    """
    config = read_config(folder)
    try:
        training = training_record(folder)
        recipe, earlier = training.get("recipe", {}), training.get("started_from", {})
        stages = [words.stage_sentence(stage) for stage in recipe.get("stages", [])]
        run_hours, start_hours = words.hours(training), words.hours(earlier)
        pretrained = recipe.get("pretrained", False) or earlier.get("pretrained", False)
        data = [config.training_data, *earlier.get("training_data", [])]
        start = words.start(config.architecture, recipe, earlier)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(
            f"training.json of {folder} is damaged or lacks something ({error!r}): copy it again."
        ) from error
    return {
        "members": [],
        "config": config,
        "network": words.network_name(config.architecture),
        "architectures": [config.architecture],
        "grey": config.grey,
        "size_mb": words.megabytes([folder / WEIGHTS]),
        "temperature": f"{config.temperature:.3f}",
        "start": start,
        "stages": stages,
        "shift": training.get("shift"),
        "mirror": config.mirror,
        "hours": run_hours,
        "start_hours": start_hours,
        "runs": [training, *([earlier] if earlier else [])],
        "hardware": training.get("hardware"),
        **terms(data, [config.architecture] if pretrained else [], [config.architecture]),
    }


def ensemble_context(folder: Path) -> dict[str, Any]:
    """What the template says of an ensemble: its members' terms, sizes, cost and names together."""
    members = members_of(folder)
    contexts = [model_context(member.folder) for member in members]
    architectures = [c["config"].architecture for c in contexts]
    data = [data for context in contexts for data in context["training_data"]]
    pretrained = [name for context in contexts for name in context["pretrained"]]
    return {
        "members": [
            f"{member.name} ({context['network']})"
            for member, context in zip(members, contexts, strict=True)
        ],
        "config": None,
        "architectures": architectures,
        "grey": all(context["grey"] for context in contexts),
        "size_mb": words.megabytes([member.folder / WEIGHTS for member in members]),
        "hours": words.hours(*(run for context in contexts for run in context["runs"])),
        **terms(data, pretrained, [*architectures, "ensemble"]),
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
    training_data: list[dict[str, str]], pretrained: list[str], architectures: list[str]
) -> dict[str, Any]:
    """Licence (the strictest of all data and pretrained starts), data sets and citations."""
    keys = sorted({key for data in training_data if (key := data_key(data))})
    works = [*(name.split("_")[0] for name in architectures), *keys]
    return {
        "licence": licence_of(training_data, bool(pretrained)),
        "training_data": list({data["name"]: data for data in training_data}.values()),
        "pretrained": pretrained,
        "data_keys": keys,
        "citations": [CITATIONS[work] for work in dict.fromkeys(works) if work in CITATIONS],
    }


def published(splits: dict[str, Any]) -> list[dict[str, Any]]:
    """Published figures on the data that the model was judged on, best first."""
    rows = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    judged = {words.plain(words.data_name(figures)) for figures in splits.values()}
    found = [row for row in rows if any(words.plain(row["data"]) in name for name in judged)]
    return sorted(found, key=lambda row: -row["overall"])
