"""Who a request says that it speaks to, and on whose behalf: what browsers' headers tell."""

import os
import socket
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers


def is_own(host: str, share: str | None = None) -> bool:
    """Whether a Host header names this server.

    By its number, which no foreign name can stand for, or by a name that it has at home, on the
    Hub, behind a proxy (GRADIO_ROOT_PATH) or by gradio's link to share.
    """
    name = _hostname(f"//{host}")
    with suppress(ValueError):
        return bool(ip_address(name))
    here = socket.gethostname().lower()
    given = [os.environ.get(key, "").lower() for key in ("SPACE_HOST", "GRADIO_SERVER_NAME")]
    own = {"localhost", here, f"{here}.local", _public(), _hostname(share or ""), *given}
    return name in own - {""} or name.endswith(".localhost")


def is_cross_site(headers: Headers) -> bool:
    """Whether a browser asks on behalf of another site; programs say nothing of that."""
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    here = origin.partition("://")[2].lower() == headers.get("host", "").lower()
    return not here and _hostname(origin) not in {_public()} - {""}


def _public() -> str:
    return _hostname(os.environ.get("GRADIO_ROOT_PATH", ""))


def _hostname(address: str) -> str:
    """The name in an address, or nothing."""
    with suppress(ValueError):
        return (urlsplit(address).hostname or "").removesuffix(".")
    return ""
