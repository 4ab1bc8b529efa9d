"""A model's repository as git and git-lfs store it, written without starting git."""

import hashlib
import re
import time
from pathlib import Path

from dulwich.index import commit_tree
from dulwich.object_store import iter_tree_contents
from dulwich.objects import Blob, Commit
from dulwich.objectspec import parse_commit
from dulwich.repo import Repo

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
FILE_MODE = 0o100644


class GitRepo:
    """A repository that is written without a working tree."""

    def __init__(self, path: Path):
        self.path = path

    def create(self) -> None:
        self.path.mkdir(parents=True)
        Repo.init(self.path, default_branch=b"main").close()
        self.commit({".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"})

    def head(self, revision: str = "main") -> str | None:
        """The commit of a branch, tag, reference or commit; None when there is none."""
        with Repo(self.path) as repo:
            try:
                return parse_commit(repo, revision).id.decode()
            except KeyError:
                return None

    def tag(self, name: str) -> None:
        with Repo(self.path) as repo:
            repo.refs[f"refs/tags/{name}".encode()] = repo.refs[b"refs/heads/main"]

    def commits(self) -> int:
        """How many led to the head of the main branch, itself counted."""
        with Repo(self.path) as repo:
            return sum(1 for _ in repo.get_walker(include=[repo.refs[b"refs/heads/main"]]))

    def files(self, revision: str = "main") -> list[str]:
        return sorted(self._blobs(revision))

    def commit(self, files: dict[str, bytes | None], ref: str = "refs/heads/main") -> str:
        """Add, replace or (with None) delete files in one commit; its sha."""
        parent = self.head()
        blobs = self._blobs(parent) if parent else {}
        with Repo(self.path) as repo:
            for path, content in files.items():
                if content is None:
                    del blobs[path]
                    continue
                blob = Blob.from_string(content)
                repo.object_store.add_object(blob)
                blobs[path] = blob.id
            commit = Commit()
            entries = [(path.encode(), blob, FILE_MODE) for path, blob in blobs.items()]
            commit.tree = commit_tree(repo.object_store, entries)
            commit.parents = [parent.encode()] if parent else []
            commit.author = commit.committer = b"me <me@example.org>"
            commit.author_time = commit.commit_time = int(time.time())
            commit.author_timezone = commit.commit_timezone = 0
            commit.message = b"commit\n"
            repo.object_store.add_object(commit)
            repo.refs[ref.encode()] = commit.id
            return commit.id.decode()

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
        blob = self._blobs(revision)[path]
        with Repo(self.path) as repo:
            content = repo.object_store[blob].data
        oid = re.search(rb"^oid sha256:(\w{64})$", content, re.MULTILINE)
        if oid and len(content) < 150:
            return self.lfs(oid[1].decode()).read_bytes(), oid[1].decode()
        return content, blob.decode()

    def _blobs(self, revision: str) -> dict[str, bytes]:
        with Repo(self.path) as repo:
            tree = parse_commit(repo, revision).tree
            return {
                entry.path.decode(): entry.sha
                for entry in iter_tree_contents(repo.object_store, tree)
            }
