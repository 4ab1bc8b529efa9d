"""The card of any image classifier, made of `measured.json`, and what is wrong with one."""

from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fer.data.hub import split_name
from fer.errors import FerError, ModelError
from fer.models.model_folder import CARD
from model_cards import formatting
from model_cards.any_model.measured import (
    MEASURED,
    Measured,
    differences,
    measure,
    read_measured,
    write_measured,
)
from model_cards.card import TEMPLATES, title_of
from model_cards.check import compare_lines
from model_cards.findings import Finding
from model_cards.links import broken_links
from model_cards.metadata import hub_id
from model_cards.shown import hidden


def make_card(folder: Path, data: str, split: str) -> None:
    """Judge a model of timm or transformers and write its card and `measured.json`.

    Raises `FerError` where it cannot be judged, or has a card that somebody else wrote.
    """
    card = folder / CARD
    if card.exists() and not (folder / MEASURED).exists():
        raise ModelError(f"{card} was not made here: move it away first, for it would be replaced.")
    measured = measure(folder, data, split)
    write_measured(folder, measured)
    card.write_text(render(measured, folder.resolve().name), encoding="utf-8")


def is_measured(folder: Path) -> bool:
    """Whether a folder's card was made here, of a model that was not."""
    return (folder / MEASURED).is_file()


def check_measured(folder: Path) -> list[Finding]:
    """Where a card is not what the figures give, and where these contradict themselves."""
    try:
        text = (folder / CARD).read_text(encoding="utf-8")
        right = render(read_measured(folder), title_of(text) or folder.name)
    except (OSError, ValueError) as error:
        return [Finding(CARD, f"it cannot be read: {error}")]
    except FerError as error:
        return [Finding(MEASURED, str(error))]
    broken = broken_links(text, folder)
    links = [Finding(CARD, f"the link to {link} is broken") for link in broken]
    return links + compare_lines(text, right, CARD) + hidden(text, right)


def judge_measured_again(folder: Path, data: str) -> list[Finding]:
    """What comes out otherwise on the same pictures."""
    try:
        measured = read_measured(folder)
        again = measure(folder, data, measured.split)
    except FerError as error:
        return [Finding(MEASURED, f"nothing could be measured again: {error}")]
    return [Finding(MEASURED, fault) for fault in differences(measured, again)]


def render(measured: Measured, name: str) -> str:
    """The text of a card."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False
    )
    environment.filters.update(interval=formatting.interval, cell=_cell)
    template = environment.get_template("any_card.md")
    about = _metadata(measured, name).to_yaml()
    text = template.render(m=measured, name=name, limits=_limits(measured), metadata=about)
    return text.rstrip() + "\n"


def _metadata(measured: Measured, name: str) -> ModelCardData:
    figures = {
        "accuracy": ("Accuracy", measured.accuracy),
        "recall": ("Mean-class accuracy (macro recall)", measured.mean_class_accuracy),
    }
    return ModelCardData(
        model_name=name,
        license=measured.licence,
        library_name=measured.library,
        pipeline_tag="image-classification",
        metrics=[*figures],
        eval_results=[
            EvalResult(
                task_type="image-classification",
                dataset_type=hub_id(measured.data),
                dataset_revision=split_name(measured.data)[1],
                dataset_name=measured.data,
                dataset_split=measured.split,
                metric_type=kind,
                metric_name=title,
                metric_value=round(100 * figure.value, 2),
            )
            for kind, (title, figure) in figures.items()
        ],
    )


def _limits(measured: Measured) -> list[str]:
    """What the figures say against the model."""
    tested = {label: row for label, row in measured.per_class.items() if row.support}
    weak = [label for label, row in tested.items() if row.recall < 0.5]
    untested = [label for label in measured.labels if label not in tested]
    sentences = ["It was judged on these pictures alone: others may be harder."]
    if weak:
        sentences.append(f"It misses more than half of: {', '.join(weak)}.")
    if untested:
        sentences.append(
            f"Not tested, so how well they are found is not known: {', '.join(untested)}."
        )
    return sentences


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
