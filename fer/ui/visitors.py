"""What the server remembers of a visitor, and when it forgets it.

Gradio keeps what a page shows, pictures included, for an hour after the page was closed and for as
long as ten thousand other visitors have not come. Here it goes when the page is closed, or when
nothing was asked for `KEEP_SECONDS`.
"""

import threading
import time
from datetime import datetime

import gradio as gr

from fer.ui import uploads

KEEP_SECONDS = 5 * 60
LOOK_SECONDS = 10  # how often what is to be forgotten is looked for
AT_ONCE = 200  # visitors remembered at most; the longest idle one goes first

ERASED = "This photo has been erased from the server meanwhile: add it again."


def forget(page: gr.Blocks) -> None:
    """Make the page forget its visitors; call it inside its `gr.Blocks`."""

    def leave(request: gr.Request) -> None:
        _forget(page, request.session_hash or "")

    page.unload(leave)
    threading.Thread(target=_sweep, args=[page], daemon=True).start()


def _sweep(page: gr.Blocks) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        uploads.erase_unread()
        for session, used in list(page.state_holder.time_last_used.items()):
            if (datetime.now() - used).total_seconds() > KEEP_SECONDS:
                _forget(page, session)


def _forget(page: gr.Blocks, session: str) -> None:
    page.state_holder.session_data.pop(session, None)
    page.state_holder.time_last_used.pop(session, None)
