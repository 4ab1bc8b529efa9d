"""The project's README: its result tables, and its front matter, which configures the Space."""

import re
from pathlib import Path

from fer.errors import ModelError
from fer.evaluation.comparison import ablation_table, mcnemar_table, table_row
from fer.models.ensemble import is_ensemble
from fer.models.model_folder import name_of
from model_cards.card import HERE, TEMPLATES
from model_cards.figures import checked_metrics
from model_cards.formatting import data_name, percent

BEGIN, END = "<!-- results: made by `make cards` -->", "<!-- end of results -->"


def generated(text: str, folders: list[Path]) -> str:
    """The README with front matter and tables made anew; `ModelError` where it has no place."""
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ModelError("The README needs its front matter, between two lines of ---.")
    return f"---\n{front_matter()}---\n{with_results(parts[2], folders)}"


def front_matter() -> str:
    """The Space's configuration, with the version of Gradio that everybody else has too."""
    requirements = (HERE.parent / "requirements.txt").read_text(encoding="utf-8")
    (gradio,) = re.findall(r"^gradio==(\S+)$", requirements, re.MULTILINE)
    return (TEMPLATES / "space.yaml").read_text(encoding="utf-8").replace("{{ gradio }}", gradio)


def with_results(text: str, folders: list[Path]) -> str:
    """A text with its tables made anew; raises `ModelError` when it has no place for them."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ModelError(f"The README needs the lines {BEGIN} and {END} once each.")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{results(folders)}\n{END}{after}"


def results(folders: list[Path]) -> str:
    """A section on the bundled models: the ablation table, or a single model's figures; recalls."""
    metrics = {folder: checked_metrics(folder) for folder in folders}
    ensembles = [folder for folder in folders if is_ensemble(folder)]
    main = (ensembles or folders)[0]
    split, figures = next(iter(metrics[main].items()))
    source = figures["provenance"]
    rows = figures.get("ablation") or [
        table_row(name_of(folder), splits[split]) for folder, splits in metrics.items()
    ]
    chosen = "weights and temperature"
    if "mcnemar" in figures:
        chosen = "weights, temperature and stacker (judged on folds that it did not see)"
    lines = [
        f"On {figures['n']:,} faces of {data_name(figures)} ({split}), in percent with 95 % "
        f"intervals, measured {source['date']} at commit `{source['commit'][:12]}`. These faces "
        f"also chose {chosen}, so expect a little less on others.",
        "",
        ablation_table(rows),
        "",
    ]
    if "mcnemar" in figures:
        lines += [mcnemar_table(figures["mcnemar"]), ""]
    emotions = list(figures["per_class"])
    lines += [
        f"Share of each emotion that is found (recall) by {name_of(main)}:",
        "",
        f"| {' | '.join(emotions)} |",
        f"|{'---|' * len(emotions)}",
        f"| {' | '.join(percent(figures['per_class'][e]['recall'], 0) for e in emotions)} |",
    ]
    return "\n".join(lines)
