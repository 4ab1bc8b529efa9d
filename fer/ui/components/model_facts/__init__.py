"""Name, commit, terms and accuracy of the model that answers, from what its folder says."""

import gradio as gr

from fer import ModelError, Recognizer
from fer.labels import EMOTIONS
from fer.models.records import SplitFigures, named_commit
from fer.ui.assets import html


def build(recognizer: Recognizer) -> None:
    """The facts as a list, and the share of each emotion that is recognised as bars."""
    measured = _measured(recognizer)
    facts = _facts(recognizer, measured)
    gr.HTML(
        html("model_facts", facts=facts, measured=measured, emotions=EMOTIONS),
        apply_default_css=False,
        elem_id="facts",
    )


def _measured(recognizer: Recognizer) -> SplitFigures | None:
    """The figures that are shown, of validation if there are any; None where there are none."""
    try:
        metrics = recognizer.folder.metrics
    except ModelError:
        return None  # figures that cannot be read: the model answers all the same
    splits = [split for split in ("validation", *metrics) if split in metrics]
    return next((metrics[split] for split in splits if _can_be(metrics[split])), None)


def _can_be(figures: SplitFigures) -> bool:
    """Whether what is shown of some figures is there and a share: NaN is none."""
    of_each = [figures.per_class.get(emotion) for emotion in EMOTIONS]
    overall = figures.overall_accuracy
    shares = [overall.value, overall.low, overall.high, *(one.recall for one in of_each if one)]
    return all(of_each) and all(0 <= share <= 1 for share in shares)


def _facts(recognizer: Recognizer, measured: SplitFigures | None) -> dict[str, str]:
    origin = measured.provenance if measured else None
    trained: dict[str, list[str]] = {}  # what is said of the data → the models that learned from it
    for model in recognizer.models:
        data = model.config.training_data
        trained.setdefault(f"{data.name}. {data.licence}", []).append(model.name)
    facts = {
        "Model": recognizer.name,
        "On the Hub at": recognizer.revision,
        "Commit": origin and named_commit(origin.commit, mark=""),
        "Measured": origin and f"{origin.date}, {origin.data}, {origin.split}",
        **{f"Data of {', '.join(models)}": said for said, models in trained.items()},
        "Code": "Apache License 2.0",
    }
    return {name: fact for name, fact in facts.items() if fact}
