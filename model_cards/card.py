"""A model's card, and what belongs beside it, from its configuration, figures and training record.

No figure of a card is typed by hand, so that making it again finds whatever was.
"""

import re
from pathlib import Path

from huggingface_hub import ModelCard
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from fer.errors import ModelError, full_stop
from fer.evaluation.comparison import ablation_table, mcnemar_table
from fer.evaluation.plots import draw_plots
from fer.evaluation.report import in_training
from fer.models.model_folder import CARD, ModelFolder
from fer.models.records import named_commit
from model_cards import formatting
from model_cards.context import CardContext, card_context
from model_cards.licences import LICENCE_FILE, TITLE
from model_cards.metadata import RESULTS, metadata, result_files
from model_cards.references import data_name

TEMPLATES = Path(__file__).parent / "templates"


def write_card(folder: ModelFolder) -> None:
    """Write a folder's card, plots and result files; nothing when anything is wrong."""
    files = card_files(folder)
    for split, figures in folder.metrics.items():
        draw_plots(folder.path, split, figures)
    for old in generated_files(folder):
        old.unlink()
    for name, content in files.items():
        (folder.path / name).parent.mkdir(exist_ok=True)
        (folder.path / name).write_text(content, encoding="utf-8")


def card_files(folder: ModelFolder, name: str | None = None) -> dict[str, str]:
    """The card and the result files, by their places in the folder.

    Raises `ModelError` as `render` does.
    """
    context = card_context(folder, name)
    licence = context.licence
    terms = {} if licence.known_to_hub else {LICENCE_FILE: licence.file(context.training_data)}
    return {CARD: render(folder, name), **terms, **result_files(folder.metrics)}


def generated_files(folder: ModelFolder) -> list[Path]:
    """The files beside the card that were written with it."""
    results = [path for path in folder.path.glob(RESULTS) if path.is_file()]
    licence = folder.path / LICENCE_FILE
    own = licence.is_file() and licence.read_text("utf-8", errors="replace").startswith(TITLE)
    return [*results, *([licence] if own else [])]


def render(folder: ModelFolder, name: str | None = None) -> str:
    """The text of a folder's card; the model is called as its folder is, if not by `name`.

    Raises `ModelError` when its metrics are missing, not finite or of other weights, or the
    template lacks a value.
    """
    context = card_context(folder, name)
    try:
        text = _fill_in(context)
    except (UndefinedError, LookupError, TypeError) as error:
        raise ModelError(f"The card of {folder.path} lacks a value: {full_stop(error)}") from error
    # Jinja's blocks leave blank lines behind; Markdown wants one at a time.
    text = re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"
    return str(ModelCard(text, ignore_metadata_errors=True))


def renamed(folder: ModelFolder, name: str) -> str:
    """A folder's card as it is, added prose and all, but with the model under another name."""
    text = folder.card.read_text(encoding="utf-8")
    before, after = (render(folder, title).splitlines() for title in (title_of(text), name))
    lines = dict(zip(before, after, strict=True))
    return "\n".join(lines.get(line, line) for line in text.splitlines()) + "\n"


def title_of(text: str) -> str | None:
    """What a card calls its model."""
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    return title[1] if title else None


def _fill_in(context: CardContext) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, autoescape=False
    )
    environment.filters.update(
        percent=formatting.percent,
        interval=formatting.interval,
        data_name=data_name,
        named_commit=named_commit,
        ablation_table=ablation_table,
        in_training=in_training,
        mcnemar_table=mcnemar_table,
    )
    template = environment.get_template("card.md")
    return template.render(vars(context), metadata=metadata(context).to_yaml())
