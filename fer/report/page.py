"""The page itself: a template filled with a summary, charts as SVG, faces as pictures inside it."""

import base64
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from fer.bulk.schema import Row
from fer.labels import colours
from fer.report.summary import VALENCES, Film, Summary, name_of

FACES = 8  # of each expression
FILMS = 12  # that are drawn, the longest
STEPS = 120  # of time in a film's chart, at most

STYLE = Path(__file__).parent / "report.css"
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


# Of some rows those whose picture is there, each with its face.
Pictures = Callable[[list[Row]], Iterable[tuple[Row, Image.Image]]]


def page(title: str, found: Summary, about: dict[str, Any], pictures: Pictures | None) -> str:
    """The HTML, which asks nothing of anywhere else."""
    return _templates.get_template("report.html").render(
        title=title,
        options=about.get("options", {}),
        style=Markup(STYLE.read_text("utf-8")),
        body=body(found, pictures),
    )


def body(found: Summary, pictures: Pictures | None, failures: bool = True) -> Markup:
    """What the page shows but for its title, to be styled by `STYLE`.

    Without `pictures` there are no faces on it, without `failures` no list of them.
    """
    films = sorted(found.films.items(), key=lambda film: -len(film[1].seconds))
    filled = _templates.get_template("body.html").render(
        found=found,
        failures=failures,
        pictures=pictures is not None,
        colours=colours(found.labels),
        expressions=_expressions(found),
        valences=_valences(found),
        has_valence=bool(found.valences.any()),
        films=[_film(name, film) for name, film in films[:FILMS]],
        more_films=max(0, len(films) - FILMS),
        sheet={one: _sheet(found.clearest(one), pictures) for one in found.labels if pictures},
    )
    return Markup(filled)


def _expressions(found: Summary) -> list[dict[str, Any]]:
    """A bar for each expression, of which a part is not sure; widths are shares of the longest."""
    longest = max(1, *(found.sure[one] + found.unsure[one] for one in found.labels))
    return [
        {
            "name": emotion,
            "count": found.sure[emotion] + found.unsure[emotion],
            "share": (found.sure[emotion] + found.unsure[emotion]) / max(1, found.faces),
            "sure": found.sure[emotion] / longest,
            "unsure": found.unsure[emotion] / longest,
        }
        for emotion in found.labels
    ]


def _valences(found: Summary) -> list[dict[str, Any]]:
    """A bar from each valence on, its height a share of the highest."""
    highest = max(1, int(found.valences.max()))
    return [
        {"from": 2 * i / VALENCES - 1, "count": int(count), "height": int(count) / highest}
        for i, count in enumerate(found.valences)
    ]


def _film(name: str, film: Film) -> dict[str, Any]:
    """A film's steps of time: at each the shares of the expressions and the mean valence."""
    length, steps = film.bins(STEPS)
    shown: list[dict[str, Any]] = []
    for step, numbers in sorted(steps.items()):
        shares = numbers[2:] / numbers[2:].sum()
        shown.append(
            {
                "at": step,
                "clock": _clock(step * length),
                "faces": int(numbers[0]),
                "valence": float(numbers[1] / numbers[0]),
                "parts": list(
                    zip(
                        film.labels,
                        shares.tolist(),
                        (shares.cumsum() - shares).tolist(),
                        strict=True,
                    )
                ),
            }
        )
    last = shown[-1]["at"] + 1
    return {
        "name": name,
        "steps": shown,
        "count": last,
        "clock": _clock(last * length),
        "tracks": len(film.tracks),
    }


def _clock(seconds: int) -> str:
    """As players show it: 1:05, 2:00:00."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _sheet(rows: list[Row], pictures: Pictures) -> list[dict[str, Any]]:
    """The first faces whose pictures are still there, in the order of the rows."""
    found: list[tuple[Row, Image.Image]] = []
    for start in range(0, len(rows), FACES):
        found += pictures(rows[start : start + FACES])
        if len(found) >= FACES:
            break
    order = {id(row): place for place, row in enumerate(rows)}
    found.sort(key=lambda one: order[id(one[0])])
    return [
        {"name": name_of(row), "p": row[row["emotion"]], "data": _jpeg(face)}
        for row, face in found[:FACES]
    ]


def _jpeg(face: Image.Image) -> str:
    file = io.BytesIO()
    face.save(file, "jpeg", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
