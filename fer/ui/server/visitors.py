"""Who is forgotten when more visitors come than can be remembered.

Gradio forgets the longest idle one, so that whoever invents names of sessions pushes out all the
others. Here those go first that came from the address with the most. What this relies on in gradio,
the tests say.
"""

import os
import time
from collections import Counter

import gradio as gr
from gradio.state_holder import SessionState, StateHolder
from starlette.requests import Request


class Visitors(StateHolder):
    """The sessions, with the address that each came from and when it was used last."""

    def __init__(self) -> None:
        super().__init__()
        self._used: dict[str, float] = {}  # seconds of a clock that nobody sets
        self._addresses: dict[str, str] = {}

    def __getitem__(self, session_id: str) -> SessionState:
        self._used[session_id] = time.monotonic()
        return super().__getitem__(session_id)

    def came(self, session: str, address: str) -> None:
        """Remember a session and where it came from."""
        self._addresses[session] = address
        self[session]

    def update(self, session_id: str) -> None:
        """Make room for a session: of the address with the most, the longest idle one goes."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            while len(self.session_data) > self.capacity:
                sessions = Counter(self._addresses.get(one, "") for one in self.session_data)
                others = (one for one in self.session_data if one != session_id)
                self._drop(max(others, key=lambda one: sessions[self._addresses.get(one, "")]))

    def idle(self, seconds: float) -> list[str]:
        """The sessions that have not been used for longer than this."""
        now = time.monotonic()
        return [session for session, when in self._used.copy().items() if now - when > seconds]

    def forget(self, session: str) -> None:
        """Drop all that is kept of a session: its `gr.State` and what its page shows."""
        with self.lock:
            self._drop(session)

    def _drop(self, session: str) -> None:
        for known in (self.session_data, self.time_last_used, self._used, self._addresses):
            known.pop(session, None)  # type: ignore[attr-defined]


def of(page: gr.Blocks) -> Visitors | None:
    """Those of a page; there are none before it is launched."""
    known = getattr(page, "state_holder", None)
    return known if isinstance(known, Visitors) else None


def address_of(request: Request) -> str:
    """Where a request comes from; on the Hub, the address that its proxy saw last."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if forwarded and os.environ.get("SPACE_HOST"):
        return forwarded
    return request.client.host if request.client else ""
