"""Files to take away. They are in the page already, so that the server keeps none of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from fer.ui.assets import html
from fer.ui.pictures import data_url


@dataclass(frozen=True)
class Download:
    """A file that the page offers; its ending is what the link says."""

    name: str
    content: bytes
    mime_type: str

    @property
    def label(self) -> str:
        """What the link says."""
        return self.name.rpartition(".")[2].upper()

    @property
    def address(self) -> str:
        """Its content as an address."""
        return data_url(self.content, self.mime_type)


def render(*files: Download, drawn: Mapping[str, str] | None = None) -> Markup:
    """Links to files; before them buttons for what the page draws: what each says and its name."""
    return html("downloads", files=files, drawn=drawn or {})
