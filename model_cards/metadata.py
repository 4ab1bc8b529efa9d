"""A card's metadata and `.eval_results`: the same figures as in its text, for machines."""

from typing import Any

import yaml
from huggingface_hub import EvalResult, EvalResultEntry, ModelCardData
from huggingface_hub import eval_result_entries_to_yaml as plain

from model_cards.licences import HUB_IDS

RESULTS = ".eval_results/*.yaml"  # where the Hub looks for them
FIGURES = {
    "overall_accuracy": ("accuracy", "Overall accuracy"),
    "mean_class_accuracy": ("recall", "Mean-class accuracy (macro recall)"),
}


def metadata(name: str, context: dict[str, Any], splits: dict[str, Any]) -> ModelCardData:
    """The front matter of a card: licence, data, tags and the model index."""
    licence = context["licence"]
    options: dict[str, Any] = {}
    if licence.name:
        options["license_name"] = licence.name
    if context["pretrained"]:
        names = dict.fromkeys(context["pretrained"])
        options["base_model"] = [f"timm/{pretrained_name(name)}" for name in names]
    return ModelCardData(
        model_name=name,
        library_name="fer-toolkit",
        pipeline_tag="image-classification",
        license=licence.id,
        datasets=[HUB_IDS[key] for key in context["data_keys"]] or None,
        metrics=["accuracy", "recall"],
        tags=["facial-expression-recognition", *dict.fromkeys(context["architectures"])],
        eval_results=eval_results(splits),
        **options,
    )


def eval_results(splits: dict[str, Any]) -> list[EvalResult]:
    """The figures as the model index has them, in percent."""
    return [
        EvalResult(
            task_type="image-classification",
            task_name="Facial expression recognition",
            dataset_type=figures["provenance"]["data"],
            dataset_name=figures["provenance"]["data"],
            dataset_split=split,
            metric_type=metric,
            metric_name=title,
            metric_value=round(100 * figures[key]["value"], 2),
        )
        for split, figures in splits.items()
        for key, (metric, title) in FIGURES.items()
    ]


def eval_files(splits: dict[str, Any]) -> dict[str, str]:
    """The files of `.eval_results` by their places in the folder: one a split, YAML."""
    files = {}
    for split, figures in splits.items():
        source = figures["provenance"]
        entries = [
            EvalResultEntry(
                dataset_id=source["data"],
                task_id=f"{split}_{key}",
                value=round(100 * figures[key]["value"], 2),
                date=source["date"],
                notes=f"{figures['n']} faces, commit {source['commit']}",
            )
            for key in FIGURES
        ]
        files[RESULTS.replace("*", split)] = yaml.safe_dump(plain(entries), sort_keys=False)
    return files


def pretrained_name(architecture: str) -> str:
    """The full name of the weights that timm's name stands for."""
    import timm  # takes seconds, which only a pretrained model's card needs

    config = timm.get_pretrained_cfg(architecture)
    return f"{architecture}.{config.tag}" if config else architecture
