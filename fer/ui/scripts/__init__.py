"""What runs in the page itself: one script for each part that needs one."""

from pathlib import Path


def script(name: str) -> str:
    """The JavaScript of a part of the page, for `gr.HTML(js_on_load=…)`."""
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")
