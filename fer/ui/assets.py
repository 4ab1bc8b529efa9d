"""Templates, scripts and styles, each from the folder of the component that it belongs to.

Templates escape whatever is put into them, unless it is the HTML of another template.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fer.report.page import STYLE as REPORT
from fer.ui import formatting

UI = Path(__file__).parent
COMPONENTS = UI / "components"

_templates = Environment(
    loader=FileSystemLoader(COMPONENTS),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(
    percent=formatting.percent,
    exact_percent=formatting.exact_percent,
    valence=formatting.valence,
    seconds=formatting.seconds,
    looks=formatting.looks,
    sentence=formatting.sentence,
)
_templates.globals.update(
    surprise=formatting.SURPRISE, not_sure=formatting.NOT_SURE, sureness=formatting.SURENESS
)


def html(component: str, **values: object) -> Markup:
    """The HTML of a component, its template filled with values."""
    return Markup(_templates.get_template(f"{component}/{component}.html").render(values))


def script(*files: str) -> str:
    """JavaScript for `gr.HTML(js_on_load=…)`: files such as `heatmap/heatmap.js`, in this order."""
    return "\n".join((COMPONENTS / file).read_text(encoding="utf-8") for file in files)


def stylesheet() -> str:
    """The style of the page itself first, then of its components, then of its tabs."""
    sheets = [
        UI / "page.css",
        *sorted(COMPONENTS.glob("*/*.css")),
        *sorted((UI / "tabs").glob("*.css")),
        REPORT,
    ]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
