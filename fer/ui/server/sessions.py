"""What the server remembers of a visitor, and when it forgets it.

Gradio keeps what a page shows, pictures included, for an hour after the page was closed and for as
long as ten thousand other visitors have not come. Here it goes when the page is closed, or when
nothing was asked for `KEEP_SECONDS`.
"""

import threading
import time

import gradio as gr

from fer.ui.server import gradio_internals, uploads, visitors

KEEP_SECONDS = 5 * 60
SWEEP_SECONDS = 10  # how often what is to be forgotten is looked for
MAX_SESSIONS = 200  # visitors remembered at most


def forget_visitors(page: gr.Blocks) -> None:
    """Make the page forget its visitors; call it inside its `gr.Blocks`."""

    def leave(request: gr.Request) -> None:
        if known := visitors.of(page):
            known.forget(request.session_hash or "")

    page.unload(leave)
    threading.Thread(target=_sweep, args=[page], daemon=True).start()


def _sweep(page: gr.Blocks) -> None:
    while True:
        time.sleep(SWEEP_SECONDS)
        uploads.erase_unneeded(gradio_internals.awaited_files(page))
        if known := visitors.of(page):
            for session in known.idle(KEEP_SECONDS):
                known.forget(session)
