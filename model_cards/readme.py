"""The project's README: its result tables, and its front matter, which configures the Space."""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, report
from benchmarks.records import Comparison
from benchmarks.records import read as read_comparison
from fer.bench.records import read as read_speed
from fer.errors import ModelError
from fer.evaluation.comparison import ablation_row, ablation_table
from fer.evaluation.report import in_training
from fer.models.bundled import WEIGHTS
from fer.models.model_folder import ModelFolder, open_model
from fer.models.records import named_commit
from model_cards.card import TEMPLATES
from model_cards.figures import checked_metrics
from model_cards.formatting import percent
from model_cards.references import all_published, data_name

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SPEED = ROOT / "benchmarks" / "speed.json"  # what `fer bench --json` wrote
PLOT = peers.RECORD.with_suffix(".png")


def bundled_models() -> list[ModelFolder]:
    """The models that come with the project, ensembles last: their members come first."""
    folders = [open_model(config.parent) for config in sorted(WEIGHTS.glob("*/config.json"))]
    return sorted(folders, key=lambda folder: len(folder.networks))


def generated(text: str, folders: Sequence[ModelFolder]) -> str:
    """The README with front matter and tables made anew; `ModelError` where it has no place."""
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0]:
        raise ModelError("The README needs its front matter, between two lines of ---.")
    body = with_part(parts[2], "results", results(folders))
    body = with_part(body, "speed", "\n".join(speed()))
    body = with_part(body, "limits", f"- **Turned and cut faces.** {report.limits()}")
    return f"---\n{front_matter()}---\n{body}"


def front_matter() -> str:
    """The Space's configuration, with the version of Gradio that everybody else has too."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (gradio,) = re.findall(r"^gradio==(\S+)$", requirements, re.MULTILINE)
    return (TEMPLATES / "space.yaml").read_text(encoding="utf-8").replace("{{ gradio }}", gradio)


def with_part(text: str, name: str, content: str) -> str:
    """A text with one part made anew; raises `ModelError` when it has no place for it."""
    begin, end = f"<!-- {name}: made by `make cards` -->", f"<!-- end of {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ModelError(f"The README needs the lines {begin} and {end} once each.")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n{content}\n{end}{after}"


def results(folders: Sequence[ModelFolder]) -> str:
    """A section on the bundled models: the ablation table, or a single model's figures; recalls."""
    metrics = {folder.name: checked_metrics(folder) for folder in folders}
    main = max(folders, key=lambda folder: len(folder.networks)).name
    split, figures = next(iter(metrics[main].items()))
    source = figures.provenance
    rows = figures.ablation or [
        ablation_row(name, splits[split]) for name, splits in metrics.items()
    ]
    chosen = "weights and temperature"
    if figures.mcnemar:
        chosen = "weights, temperature and stacker (judged on folds that it did not see)"
    lines = [
        f"On {figures.n:,} faces of {data_name(figures)} ({split}), in percent with 95 % "
        f"intervals, measured {source.date} at commit {named_commit(source.commit, 12)}. These "
        f"faces also chose {chosen}, so expect a little less on others.",
        *(["", in_training(figures, main)] if figures.not_in_training else []),
        "",
        ablation_table(rows),
        "",
    ]
    lines += [
        f"Share of each emotion that is found (recall) by {main}:",
        "",
        f"| {' | '.join(figures.per_class)} |",
        f"|{'---|' * len(figures.per_class)}",
        f"| {' | '.join(percent(row.recall, 0) for row in figures.per_class.values())} |",
        "",
        *beside_others(),
    ]
    return "\n".join(lines)


def beside_others() -> list[str]:
    """What others reached, each on its own faces: a table that says how far to trust it."""
    rows = [
        f"| [{row.name}]({row.source}) | {row.on} | {row.overall} % | {row.caution} |"
        for row in all_published()
    ]
    return [
        "Beside other work, each on its own faces, so that only the order of magnitude compares:",
        "",
        "| | on | overall | to bear in mind |",
        "|---|---|---|---|",
        *rows,
    ]


def compared() -> Comparison:
    """What `benchmarks.peers` measured last."""
    return read_comparison(peers.RECORD)


def speed() -> list[str]:
    """How fast the library is, alone and beside others' tools."""
    comparison = compared()
    named = ", ".join(peer.name for peer in comparison.peers if peer.photos)
    return [
        *report.speed(read_speed(SPEED)),
        "",
        "The same photos through others' tools:",
        "",
        *report.section(comparison),
        "",
        f"![Bars of the milliseconds that {named} take for a photo]({PLOT.relative_to(ROOT)})",
    ]
