"""A model's repository as git and git-lfs store it."""

import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


class GitRepo:
    """A repository that is written without a working tree."""

    def __init__(self, path: Path):
        self.path = path

    def git(self, *words: str, data: bytes | None = None, **environment: str) -> str:
        who = {f"GIT_{role}_{item}": "me@example.org" for role in ("AUTHOR", "COMMITTER")
               for item in ("NAME", "EMAIL")}  # fmt: skip
        done = subprocess.run(
            ["git", "-C", str(self.path), *words], input=data, capture_output=True, check=True,
            env={**os.environ, **who, **environment},
        )  # fmt: skip
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def create(self) -> None:
        self.path.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.commit({".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"})

    def head(self, revision: str = "main") -> str | None:
        try:
            return self.git("rev-parse", "--verify", "-q", f"{revision}^{{commit}}")
        except subprocess.CalledProcessError:
            return None

    def files(self, revision: str = "main") -> list[str]:
        return self.git("ls-tree", "-r", "--name-only", revision).splitlines()

    def commit(self, files: dict[str, bytes | None], ref: str = "refs/heads/main") -> str:
        """Add, replace or (with None) delete files in one commit; its sha."""
        parent = self.head()
        with tempfile.TemporaryDirectory() as temporary:
            index = {"GIT_INDEX_FILE": f"{temporary}/index"}
            if parent:
                self.git("read-tree", parent, **index)
            for path, content in files.items():
                if content is None:
                    self.git("update-index", "--force-remove", path, **index)
                    continue
                blob = self.git("hash-object", "-w", "--stdin", data=content)
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
            tree = self.git("write-tree", **index)
        parents = ["-p", parent] if parent else []
        sha = self.git("commit-tree", tree, *parents, "-m", "commit")
        self.git("update-ref", ref, sha)
        return sha

    def lfs(self, oid: str) -> Path:
        return self.path / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid

    def add_large(self, content: bytes) -> bytes:
        """Store a large file; the pointer that stands for it in git."""
        oid = hashlib.sha256(content).hexdigest()
        self.lfs(oid).parent.mkdir(parents=True, exist_ok=True)
        self.lfs(oid).write_bytes(content)
        return POINTER.format(oid, len(content)).encode()

    def read(self, revision: str, path: str) -> tuple[bytes, str]:
        """Content and ETag of a file; KeyError when there is none."""
        if path not in self.files(revision):
            raise KeyError(path)
        blob = self.git("rev-parse", f"{revision}:{path}")
        done = subprocess.run(
            ["git", "-C", str(self.path), "cat-file", "blob", blob], capture_output=True, check=True
        )
        oid = re.search(rb"^oid sha256:(\w{64})$", done.stdout, re.MULTILINE)
        if oid and len(done.stdout) < 150:
            return self.lfs(oid[1].decode()).read_bytes(), oid[1].decode()
        return done.stdout, blob
