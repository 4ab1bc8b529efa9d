"""Two cards' figures beside each other, whoever made the cards."""

from pathlib import Path

from fer.errors import FerError, ModelError, full_stop
from fer.models.hub import snapshot
from fer.models.model_folder import CARD, model_of_run
from fer.models.records import plain, read_metrics
from model_cards.figures import numbers
from model_cards.metadata import read_metadata

Figures = dict[str, float | str]  # by what they are of


def difference(first: str, second: str) -> str:
    """A table of the figures of two models, folders or ids on the Hub, as Markdown.

    Raises `ModelError` where one of them has none.
    """
    a, b = figures_of(first), figures_of(second)
    rows = [
        f"| {name} | {_cell(a.get(name))} | {_cell(b.get(name))} | "
        f"{_change(a.get(name), b.get(name))} |"
        for name in [*a, *(name for name in b if name not in a)]
    ]
    return "\n".join([f"| figure | {first} | {second} | change |", "|---|---:|---:|---:|", *rows])


def figures_of(model: str) -> Figures:
    """The figures of `metrics.json` or, where that is not ours or missing, of the model index."""
    path = model_of_run(Path(model)) if Path(model).is_dir() else snapshot(model)[0]
    try:
        metrics = read_metrics(path)
    except FerError:
        metrics = {}
    found: Figures = {}
    for split, figures in metrics.items():
        found[f"{split}: data"] = figures.provenance.data
        found |= {
            f"{split}: {name}": value
            for name, value in numbers(plain(figures)).items()
            if not any(part.isdigit() for part in name.split("."))  # rows of tables
        }
    return found or _of_model_index(path)


def _of_model_index(path: Path) -> Figures:
    try:
        data = read_metadata((path / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} has no card that can be read: {full_stop(error)}") from error
    results = data.get("eval_results") or []
    if not results:
        raise ModelError(f"Neither {path} nor its card has figures: judge the model first.")
    found: Figures = {}
    for one in results:
        where = " ".join(str(part) for part in (one.dataset_name, one.dataset_split) if part)
        known = isinstance(one.metric_value, int | float)
        value = one.metric_value if known else str(one.metric_value)
        found[f"{where}: {one.metric_name or one.metric_type}"] = value
    return found


def _cell(value: float | str | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,.4f}".rstrip("0").rstrip(".")


def _change(a: float | str | None, b: float | str | None) -> str:
    if isinstance(a, str) or isinstance(b, str):
        return "" if a == b else "other"
    return "–" if a is None or b is None else f"{b - a:+,.4f}".rstrip("0").rstrip(".")
