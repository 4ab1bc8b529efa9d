"""What the page needs to find and read faces in the visitor's browser: a fixed list of files.

They are the scripts of `fer/ui/device` with onnxruntime-web, and the very files of the detector and
of the bundled model `fast` that Python runs. Their address changes with their content, so that
browsers may keep them for good.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from fer.faces.detector import GRAPH
from fer.models.bundled import BUNDLES, FAST
from fer.models.config import CONFIG, GRAPH_FILE, WEIGHTS_FILE

DEVICE = Path(__file__).parent.parent / "device"
MODEL = BUNDLES[FAST]
PACKED = ".gz"  # ends the name of a file that is sent as it is and unpacked by the browser

_PATHS = [
    *sorted(DEVICE.glob("*.js")),
    *sorted(DEVICE.glob("onnxruntime/*.mjs")),
    *sorted(DEVICE.glob(f"onnxruntime/*.wasm{PACKED}")),
    GRAPH,
    GRAPH.with_suffix(".safetensors"),
    *(MODEL / name for name in (CONFIG, GRAPH_FILE, WEIGHTS_FILE)),
]
FILES = {path.name.removesuffix(PACKED): path for path in _PATHS}  # by the name in the address
KINDS = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
}

ADDRESS = re.compile(rf"/device/[0-9a-f]{{16}}/({'|'.join(map(re.escape, FILES))})")

# What the scripts there may do: compute, and fetch from this server.
POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"


@cache
def folder() -> str:
    """Under which address, relative to the page's, the files are: `device/` and their digest."""
    digest = hashlib.sha256()
    for name, path in FILES.items():
        digest.update(name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"device/{digest.hexdigest()[:16]}/"


def answer(request: Request) -> Response:
    """One of the files; those of another version are not here."""
    place, name = request.path_params["version"], request.path_params["name"]
    path = FILES.get(name)
    if path is None or f"device/{place}/" != folder():
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    if path.suffix == PACKED:
        headers["Content-Encoding"] = "gzip"
    kind = KINDS.get(Path(name).suffix, "application/octet-stream")
    return FileResponse(path, media_type=kind, headers=headers)


ROUTE = Route("/device/{version}/{name}", answer)
