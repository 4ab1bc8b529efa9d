"""The web page: `fer.ui.page.build` puts it together from the functions that run the model.

Each tab is a module of `tabs`, each of its parts a folder of `components` with template, style and
script side by side; `server` looks after what visitors send.
"""

import os

# Before gradio is imported: the page then asks nothing of any other host.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def _ask_itself_directly() -> None:
    """Keep gradio from asking a proxy for its own server: it would not start."""
    before = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    own = ["localhost", "127.0.0.1", "::1", os.environ.get("GRADIO_SERVER_NAME", "")]
    if before != "*":
        without = ",".join(filter(None, [before, *own]))
        os.environ.update(no_proxy=without, NO_PROXY=without)


_ask_itself_directly()
