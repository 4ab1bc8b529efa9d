"""How the Hub on loopback answers, and spoils answers on demand.

It speaks what huggingface_hub asks for: create, preupload, LFS, commit, info and resolve, and
commits into real git repositories.
"""

import base64
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from gitrepo import POINTER, GitRepo
from hub import PORT, TOKEN, URL, Hub

STALL = 30  # seconds, longer than any client of these tests waits
REPO = r"(?P<kind>models|spaces)/(?P<repo>[^/]+/[^/]+)"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *arguments: Any):
        self.hub = hub
        super().__init__(*arguments)

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        path = unquote(urlsplit(self.path).path)
        asked = f"{self.command} {path} {self.headers.get('Range') or ''}"
        self.fault = self.hub.fault(asked.rstrip())
        what = self.fault.what if self.fault else None
        length = int(self.headers.get("Content-Length") or 0)
        if what == "cut" and length:
            self.rfile.read(length // 2)
            return self.hang_up()
        self.body = self.rfile.read(length)
        if what == "stalled":
            time.sleep(STALL)
        if what in ("down", "stalled"):
            return self.hang_up()
        if self.fault and isinstance(what, int):
            return self.refuse(what, **self.fault.headers)
        for methods, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in methods:
                return answer(self, **match.groupdict())
        return self.refuse(404)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def refuse(self, status: int, code: str = "", **headers: str) -> None:
        # The real Hub does not do so, but a proxy might: repeat what the client sent.
        headers["X-Error-Message"] = f"refused {self.headers.get('Authorization')}"
        if code:
            headers["X-Error-Code"] = code
        self.answer(b'{"error": "refused"}', status, **headers)

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "HEAD":
            return
        what = self.fault.what if self.fault else None
        if what in ("cut", "hung"):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            time.sleep(STALL if what == "hung" else 0)
            self.hang_up()
        elif what == "slow":
            for start in range(0, len(body), 2**20):
                time.sleep(0.05)
                self.wfile.write(body[start : start + 2**20])
        else:
            self.wfile.write(body)

    def json(self, value: Any, status: int = 200) -> None:
        self.answer(json.dumps(value).encode(), status, Content_Type="application/json")

    def open(self, repo: str, kind: str) -> GitRepo | None:
        """A repository that the caller may see, else None and the real Hub's answer."""
        found = self.hub.repo(repo, kind)
        hidden = repo in self.hub.private and not self.authorized()
        if hidden or not found.path.exists():
            self.refuse(404 if self.authorized() else 401, "RepoNotFound")
            return None
        return found

    def open_at(self, repo: str, kind: str, revision: str) -> tuple[GitRepo, str] | None:
        """The same, and the commit of a revision."""
        found = self.open(repo, kind)
        if found is None:
            return None
        sha = found.head(revision)
        if sha is None:
            self.refuse(404, "RevisionNotFound")
            return None
        return found, sha

    def authorized(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def create(self) -> None:
        asked = json.loads(self.body)
        if not self.authorized():
            return self.refuse(401)
        name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        repo = self.hub.repo(name, f"{asked.get('type', 'model')}s")
        if repo.path.exists():
            return self.json({"url": f"{URL}/{name}"}, 409)
        repo.create()
        if asked.get("visibility") == "private":
            self.hub.private.add(name)
        return self.json({"url": f"{URL}/{name}", "name": name})

    def info(self, repo: str, kind: str, revision: str = "main") -> None:
        opened = self.open_at(repo, kind, revision)
        if opened is None:
            return None
        found, sha = opened
        siblings = [{"rfilename": path} for path in found.files(sha)]
        about = {"_id": "1", "id": repo, "sha": sha, "private": repo in self.hub.private}
        return self.json(about | {"siblings": siblings, "tags": [], "downloads": 0, "likes": 0})

    def tree(self, repo: str, kind: str, revision: str) -> None:
        opened = self.open_at(repo, kind, revision)
        if opened is None:
            return None
        found, sha = opened
        return self.json(
            [
                {"type": "file", "path": path, "size": len(found.read(sha, path)[0]), "oid": sha}
                for path in found.files(sha)
            ]
        )

    def preupload(self, repo: str, kind: str, revision: str) -> None:
        if self.open(repo, kind) is None:
            return
        modes = {True: "lfs", False: "regular"}
        files = [
            {
                "path": path,
                "uploadMode": modes[path.endswith(".safetensors")],
                "shouldIgnore": False,
            }
            for path in (file["path"] for file in json.loads(self.body)["files"])
        ]
        self.json({"files": files})

    def lfs_batch(self, repo: str, kind: str = "models") -> None:
        found = self.open(repo, kind)
        if found is None:
            return
        objects = []
        for item in json.loads(self.body)["objects"]:
            if not found.lfs(item["oid"]).exists():
                item["actions"] = {"upload": {"href": f"{URL}/lfs/{kind}/{repo}/{item['oid']}"}}
            objects.append(item)
        self.json({"transfer": "basic", "objects": objects})

    def lfs_put(self, repo: str, kind: str, oid: str) -> None:
        truncated = self.fault and self.fault.what == "truncated"
        content = self.body[: len(self.body) // 2] if truncated else self.body
        if hashlib.sha256(content).hexdigest() != oid:
            return self.refuse(400)
        self.hub.repo(repo, kind).add_large(content)
        return self.answer(b"")

    def commit(self, repo: str, kind: str, revision: str) -> None:
        found = self.open(repo, kind)
        if found is None:
            return None
        if not self.authorized():
            return self.refuse(403)
        lines = [json.loads(line) for line in self.body.splitlines()]
        header, *operations = lines
        parent = header["value"].get("parentCommit")
        if parent and parent != found.head(revision):
            return self.refuse(412)
        files: dict[str, bytes | None] = {}
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                size = found.lfs(value["oid"]).stat().st_size
                files[value["path"]] = POINTER.format(value["oid"], size).encode()
            else:
                files[value["path"]] = None
        if "create_pr=1" in self.path:
            answer = {"commitOid": found.commit(files, "refs/pr/1")}
            answer |= {"pullRequestUrl": f"{URL}/{repo}/discussions/1"}
        else:
            answer = {"commitOid": found.commit(files)}
        return self.json(answer | {"commitUrl": f"{URL}/{repo}/commit/{answer['commitOid']}"})

    def resolve(self, repo: str, revision: str, file: str, kind: str = "models") -> None:
        opened = self.open_at(repo, kind, revision)
        if opened is None:
            return None
        found, sha = opened
        try:
            content, etag = found.read(sha, file)
        except KeyError:
            return self.refuse(404, "EntryNotFound", X_Repo_Commit=sha)
        what = self.fault.what if self.fault else None
        if what == "truncated":
            content = content[: len(content) // 2]
        elif what == "changed":
            content = content[:-1] + bytes([content[-1] ^ 1])
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if start:
            first, last = int(start[1]), len(content) - 1
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            return self.answer(content[first:], 206, **headers)
        return self.answer(content, **headers)

    def variable(self, repo: str, kind: str) -> None:
        if not self.authorized():
            return self.refuse(403)
        asked = json.loads(self.body)
        self.hub.variables[asked["key"]] = asked["value"]
        return self.json({})


ROUTES: list[tuple[tuple[str, ...], str, Any]] = [
    (("POST",), "/api/repos/create", Handler.create),
    (("POST",), "/api/validate-yaml", lambda handler: handler.json({})),
    (("GET",), f"/api/{REPO}", Handler.info),
    (("GET",), f"/api/{REPO}/revision/(?P<revision>.+)", Handler.info),
    (("GET",), f"/api/{REPO}/tree/(?P<revision>.+)", Handler.tree),
    (("POST",), f"/api/{REPO}/preupload/(?P<revision>.+)", Handler.preupload),
    (("POST",), f"/api/{REPO}/commit/(?P<revision>.+)", Handler.commit),
    (("POST",), f"/api/{REPO}/variables", Handler.variable),
    (("POST",), r"/(?P<kind>spaces)/(?P<repo>.+)\.git/info/lfs/objects/batch", Handler.lfs_batch),
    (("POST",), r"/(?P<repo>.+)\.git/info/lfs/objects/batch", Handler.lfs_batch),
    (("PUT",), f"/lfs/{REPO}/(?P<oid>\\w+)", Handler.lfs_put),
    (
        ("GET", "HEAD"),
        "/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>refs/pr/\\d+|[^/]+)/(?P<file>.+)",
        Handler.resolve,
    ),
]


@contextmanager
def running(root: Path) -> Iterator[Hub]:
    """The hub at URL, with its repositories below a folder."""
    hub = Hub(root)
    server = ThreadingHTTPServer(("127.0.0.1", PORT), partial(Handler, hub))  # type: ignore[arg-type]
    server.daemon_threads = True
    # Tests kill clients: what the server has to say of it must not get into another test's output.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
