"""A card's metadata and `.eval_results`: the same figures as in its text, for machines."""

from typing import Any

import yaml
from huggingface_hub import (
    CardData,
    EvalResult,
    EvalResultEntry,
    ModelCard,
    ModelCardData,
    eval_result_entries_to_yaml,
)

from fer.data.hub import split_name
from fer.models.records import Interval, Metrics, SplitFigures, named_commit
from model_cards.context import CardContext
from model_cards.references import data_name

LIBRARY = "fer-toolkit"
RESULTS = ".eval_results/*.yaml"  # where the Hub looks for them
# The Hub shows such results only of data sets that it lists as benchmarks: those that have an
# eval.yaml, which also names the tasks, and that Hugging Face has allowed. Neither FER+ nor RAF-DB
# is one (https://huggingface.co/docs/hub/eval-results, November 2026).
BENCHMARKS: dict[str, str] = {}  # data as `data_name` calls it → id on the Hub


def metadata(context: CardContext) -> ModelCardData:
    """The front matter of a card: licence, data, tags and the model index."""
    options: dict[str, Any] = dict(context.licence.metadata)
    if context.emissions:
        options["co2_eq_emissions"] = {
            "emissions": round(context.emissions.grams, 1),  # in grams, as the Hub wants them
            "source": "estimated by codecarbon's method from the measured time",
        }
    names = [f"timm/{_pretrained_name(name)}" for name in dict.fromkeys(context.imagenet)]
    if began_with := dict.fromkeys([*names, *(name for name in context.weights if "/" in name)]):
        options["base_model"] = list(began_with)
    return ModelCardData(
        model_name=context.name,
        library_name=LIBRARY,
        pipeline_tag="image-classification",
        metrics=["accuracy", "recall"],
        tags=["facial-expression-recognition", *dict.fromkeys(context.architectures)],
        eval_results=_model_index(context.splits),
        **options,
    )


def read_metadata(text: str) -> CardData:
    """The front matter of anybody's card; raises `ValueError`, one line, for what is none."""
    try:
        return ModelCard(text, ignore_metadata_errors=True).data
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except Exception as error:  # YAML's and the Hub's readers raise nearly every type
        raise ValueError(" ".join(str(error).split())) from error


def result_files(metrics: Metrics) -> dict[str, str]:
    """The files of `.eval_results` by their places in the folder: one a split of a benchmark."""
    return {
        RESULTS.replace("*", split): _result_file(split, figures, BENCHMARKS[data_name(figures)])
        for split, figures in metrics.items()
        if data_name(figures) in BENCHMARKS
    }


def _result_file(split: str, figures: SplitFigures, benchmark: str) -> str:
    source = figures.provenance
    entries = [
        EvalResultEntry(
            dataset_id=benchmark,
            task_id=f"{split}_{name}",
            value=_percent(figure),
            date=source.date,
            notes=f"{figures.n} faces, commit {named_commit(source.commit, mark='')}",
        )
        for name, figure in (
            ("overall_accuracy", figures.overall_accuracy),
            ("mean_class_accuracy", figures.mean_class_accuracy),
        )
    ]
    return yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False)


def _model_index(metrics: Metrics) -> list[EvalResult]:
    return [
        EvalResult(
            task_type="image-classification",
            task_name="Facial expression recognition",
            dataset_type=hub_id(figures.provenance.data),
            dataset_name=data_name(figures),
            dataset_split=split,
            dataset_revision=split_name(figures.provenance.data)[1],
            metric_type=metric,
            metric_name=title,
            metric_value=_percent(figure),
        )
        for split, figures in metrics.items()
        for metric, title, figure in (
            ("accuracy", "Overall accuracy", figures.overall_accuracy),
            ("recall", "Mean-class accuracy (macro recall)", figures.mean_class_accuracy),
        )
    ]


def hub_id(data: str) -> str:
    """The Hub wants a data set's id here; one that is on a disk only has none to give, and gets the
    name that `datasets` has for such."""
    return split_name(data)[0] if "/" in data else "imagefolder"


def _percent(figure: Interval) -> float:
    return round(100 * figure.value, 2)


def _pretrained_name(architecture: str) -> str:
    """The full name of the weights that timm's name stands for."""
    import timm  # takes seconds, which only a pretrained model's card needs

    config = timm.get_pretrained_cfg(architecture)
    return f"{architecture}.{config.tag}" if config else architecture
