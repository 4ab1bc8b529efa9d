"""Who is remembered, and who has to go for others."""

import gradio as gr
import pytest
from gradio.routes import App
from starlette.requests import Request

from fer.ui.server import gradio_internals, visitors


@pytest.fixture
def known() -> visitors.Visitors:
    """Those of a page that can remember four."""
    with gr.Blocks(analytics_enabled=False) as page:
        gr.State()
    gradio_internals.apply(page.queue())
    page.state_session_capacity = 4
    App.create_app(page)
    known = visitors.of(page)
    assert known is not None, "gradio makes its StateHolder elsewhere"
    return known


@pytest.mark.parametrize(
    ("came", "stay"),
    [
        ("a1 b1 c1 d1", "a1 b1 c1 d1"),
        ("a1 b1 c1 d1 e1", "b1 c1 d1 e1"),  # all alike: the longest idle one goes
        ("a1 b1 x1 x2 x3 x4 x5 x6 x7", "a1 b1 x6 x7"),  # invented names push out each other
        ("x1 x2 x3 x4 a1 b1", "x3 x4 a1 b1"),
        ("a1 ?1 ?2 ?3 ?4 ?5", "a1 ?3 ?4 ?5"),  # of nobody knows where
        ("a1 b1 c1 d1 a1 e1", "c1 d1 a1 e1"),  # used again
    ],
)
def test_the_address_with_the_most_sessions_makes_room(known, came: str, stay: str) -> None:
    for session in came.split():
        if session[0] == "?":
            assert known[session]
        else:
            known.came(session, session[0])
    assert list(known.session_data) == stay.split()


def test_who_was_idle_is_known_by_a_clock_that_nobody_sets(known, monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    known.came("somebody", "a")
    now[0] += 299
    assert known["other"]
    monkeypatch.setattr("time.time", lambda: 1e12)
    known.time_last_used.clear()  # of the clock on the wall
    assert known.idle(300) == []
    now[0] += 2
    assert known.idle(300) == ["somebody"]


def test_a_session_is_forgotten_whole(known) -> None:
    known.came("somebody", "a")
    before = known["somebody"]
    for _ in range(2):
        known.forget("somebody")
        assert "somebody" not in known
        assert known.idle(-1) == []
    assert known["somebody"] is not before


@pytest.mark.parametrize(
    ("headers", "space", "address"),
    [
        ([], None, "10.0.0.1"),
        ([(b"x-forwarded-for", b"203.0.113.5")], None, "10.0.0.1"),  # anybody can write that
        ([(b"x-forwarded-for", b"1.1.1.1, 203.0.113.5")], "me-faces.hf.space", "203.0.113.5"),
        ([], "me-faces.hf.space", "10.0.0.1"),
    ],
)
def test_a_request_has_an_address(monkeypatch, headers, space, address) -> None:
    monkeypatch.setenv("SPACE_HOST", space) if space else monkeypatch.delenv("SPACE_HOST", False)
    request = Request({"type": "http", "headers": headers, "client": ("10.0.0.1", 5)})
    assert visitors.address_of(request) == address
