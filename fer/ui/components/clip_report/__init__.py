"""What came out of a clip: its clearest moments, a file to take away, and the timeline."""

from markupsafe import Markup

from fer.ui import formatting, pictures
from fer.ui.assets import html
from fer.ui.components import downloads, timeline
from fer.ui.components.downloads import Download
from fer.video import Timeline

MAX_MOMENTS = 12


def render(result: Timeline) -> Markup:
    """Everything about the faces of a clip."""
    faces = len({row["face"] for row in result.rows})
    peaks = result.peaks(MAX_MOMENTS)
    return html(
        "clip_report",
        count=formatting.count(faces, "face"),
        moments=[(peak, pictures.jpeg(peak.crop)) for peak in peaks],
        downloads=downloads.render(Download("faces.csv", result.to_csv().encode(), "text/csv")),
        timeline=timeline.render(result.rows),
    )
