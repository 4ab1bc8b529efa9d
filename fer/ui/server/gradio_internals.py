"""Everything that relies on private parts of gradio; a new version of it may break each of these.

What each relies on, its test says.
"""

import secrets
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import mcp, route_utils, routes
from gradio.blocks import BlockFunction
from gradio.components import Component
from gradio.state_holder import SessionState
from starlette.requests import Request

from fer.ui.server import mcp_tools, uploads, visitors

IDLE_SECONDS = 0.02  # between looks for a request: gradio's 0.001 keeps a core busy with nothing
PROGRESS_SECONDS = 1  # between looks for news of `gr.Progress`, which nothing here uses


def apply(page: gr.Blocks) -> None:
    """Change how gradio serves a page; call it after `page.queue()`."""
    page._queue.sleep_when_free = IDLE_SECONDS
    page._queue.progress_update_sleep_when_free = PROGRESS_SECONDS
    route_utils.GradioUploadFile = UploadInOwnFolder  # type: ignore[misc]
    routes.StateHolder = visitors.Visitors  # type: ignore[misc]
    mcp.GradioMCPServer = mcp_tools.Tools  # type: ignore[misc]
    _tell_who_comes(page)
    page.preprocess_data = inputs_as_they_come  # type: ignore[assignment]


def _tell_who_comes(page: gr.Blocks) -> None:
    push = page._queue.push

    async def tell_and_push(body: Any, request: Request, username: str | None) -> Any:
        accepted = await push(body=body, request=request, username=username)
        known = visitors.of(page)
        if accepted[0] and known:  # now it has a session, if only one for this request
            known.came(body.session_hash, visitors.address_of(request))
        return accepted

    page._queue.push = tell_and_push  # type: ignore[method-assign]


async def inputs_as_they_come(
    function: BlockFunction, inputs: list[Any], state: SessionState, explicit_call: bool = False
) -> list[Any]:
    """What a function is called with.

    Gradio would fetch links that are given as files, log whatever it does not expect, photos
    included, and answer with an error that says nothing. Here uploads stay what the request says
    of them: functions open them with `uploads.taken`, whose errors are sentences.
    """
    needed = len(function.inputs)
    if len(inputs) < needed:
        sentence = f"The request has {len(inputs)} of {needed} inputs: send all of them."
        raise gr.Error(sentence, print_exception=False)
    taken = []
    for component, given in zip(function.inputs, inputs, strict=False):
        if isinstance(component, gr.State):
            given = state[component._id]
        elif function.preprocess and isinstance(component, Component):
            given = component.preprocess(given)
        taken.append(given)
    return taken


class UploadInOwnFolder(route_utils.GradioUploadFile):
    """Gradio names an upload's folder after its content.

    Two visitors with the same photo would share a file, and the first answer would erase it for
    both. A secret in the name keeps them apart.
    """

    def __init__(self, *arguments: Any, **settings: Any):
        super().__init__(*arguments, **settings)
        self.sha.update(secrets.token_bytes())
        uploads.begin(Path(str(self.file.name)))


def awaited_files(page: gr.Blocks) -> set[Path]:
    """The uploads that requests name which wait in the queue or are being answered."""
    events = list(page._queue.event_ids_to_events.values())
    return {path for event in events if event.data for path in uploads.named(event.data.data)}
