"""What runs in the page itself: one script for each part that needs one."""

from pathlib import Path


def script(*names: str) -> str:
    """The JavaScript of a part of the page, for `gr.HTML(js_on_load=…)`, one after the other."""
    folder = Path(__file__).parent
    return "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)
