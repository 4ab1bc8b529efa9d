"""What the server lets in: a layer between the network and gradio, which by itself lets in all.

Only routes that the page and its API use are served. Requests that another site makes in a
visitor's browser are refused, also under a foreign name for this server (DNS rebinding), and so are
bodies larger than anything that is asked for here. Every answer forbids browsers what the page does
not need.
"""

import errno
import re
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fer.ui.server import device_files, origins, uploads

API = "/gradio_api/"
UPLOAD, MCP = f"{API}upload", f"{API}mcp"

# Others of gradio's would keep what is sent, write a visitor's answers down for others to open,
# tell who asked what, fetch links, or change the app itself.
PAGE = r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/pwa_icon(/\d+)?"
READ = r"info/?|startup-events|upload_progress|queue/data|heartbeat/[^/]+|call/(v2/)?\w+/\w+"
WRITE = r"upload|queue/join|call/(v2/)?\w+/?|run/predict/?|cancel|reset/?|component_server/?"
OF_MCP = re.compile(rf"{MCP}(/.*)?")
READING = re.compile(
    rf"{PAGE}|/(assets|static)/.+|{device_files.ADDRESS.pattern}|{API}({READ}|file=(?!https?:).+)",
    re.IGNORECASE,
)
WRITING = re.compile(rf"{API}({WRITE})")

MAX_UPLOAD = 1_000_000_000  # bytes of all the files that are sent together
MAX_MCP = 100_000_000  # of a call of a tool, whose files travel in it
MAX_BODY = 2_000_000  # of any other request: files have been uploaded before

# Gradio's scripts and styles stand in the page itself, and components run scripts that they get as
# text. A Space is shown in a frame of the Hub.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors https://huggingface.co",
    ]
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}

NO_ROUTE = "There is nothing here."
NO_HOST = "This server does not answer under that name: open it by its own address."
CROSS_SITE = "Other sites may not use this page in a visitor’s browser: open it itself."
NO_JSON = "Requests are JSON here: send them with Content-Type: application/json."
TOO_LARGE = "That is more than the maximum allowed size of {} MB: send less at once."


class Guard:
    """ASGI middleware, for the app that gradio makes."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it with a sentence."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = Body(receive, limit(scope["path"]))
        started = False
        own = device_files.ADDRESS.fullmatch(scope["path"])
        headers = HEADERS | ({"Content-Security-Policy": device_files.POLICY} if own else {})

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(headers)
            await send(message)

        async def answer_in_bounds(message: Message) -> None:
            if started or not body.too_large:
                await answer(message)

        refused = refusal(scope)
        if not refused:
            with uploads.whole_or_none():
                try:
                    await self._app(scope, body.receive, answer_in_bounds)
                except (MultiPartException, ClientDisconnect):
                    pass  # too large, or nobody is there any more
                except OSError as error:
                    if error.errno not in (errno.ENOSPC, errno.EDQUOT) or started:
                        raise
                    refused = HTTPStatus.INSUFFICIENT_STORAGE, uploads.DISK_FULL
        if body.too_large:
            refused = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.format(body.limit // 1_000_000)
        if refused and not started:
            status, sentence = refused
            await PlainTextResponse(sentence, status)(scope, receive, answer)


class Body:
    """The body of a request, which ends with an exception where it is too large."""

    def __init__(self, receive: Receive, limit: int):
        self._receive = receive
        self._length = 0
        self.limit = limit  # bytes

    @property
    def too_large(self) -> bool:
        """Whether more has come than is allowed."""
        return self._length > self.limit

    async def receive(self) -> Message:
        """The next part; raises what gradio takes as the end of an upload, and cleans up after."""
        message = await self._receive()
        self._length += len(message.get("body", b""))
        if self.too_large:
            raise MultiPartException(TOO_LARGE.format(self.limit // 1_000_000))
        return message


def refusal(scope: Scope) -> tuple[HTTPStatus, str] | None:
    """Why a request is not answered, or None."""
    path, headers = scope["path"], Headers(scope=scope)
    reading = scope["method"] in ("GET", "HEAD")
    if not OF_MCP.fullmatch(path) and not (READING if reading else WRITING).fullmatch(path):
        return HTTPStatus.NOT_FOUND, NO_ROUTE
    share = getattr(scope["app"].get_blocks(), "share_url", None)
    if not origins.is_own(headers.get("host", ""), share):
        return HTTPStatus.BAD_REQUEST, NO_HOST
    if path.startswith(API) and origins.is_cross_site(headers):
        return HTTPStatus.FORBIDDEN, CROSS_SITE
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not reading and path != UPLOAD and scope["method"] == "POST" and kind != "application/json":
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NO_JSON
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length) > (most := limit(path)):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE.format(most // 1_000_000)
    return None


def limit(path: str) -> int:
    """How many bytes may be sent to a path."""
    return MAX_UPLOAD if path == UPLOAD else MAX_MCP if OF_MCP.fullmatch(path) else MAX_BODY
