"""Files to a repository on the Hub, in one commit on top of the one that was seen."""

import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from fer.errors import HubError, HubUnreachable

PATIENCE = 3  # times that a busy Hub is asked again
LONGEST_WAIT = 60  # seconds
SILENCE = 60  # seconds until a Hub that says nothing counts as gone

Result = TypeVar("Result")


class Push:
    """A repository to push to; nothing is written before `commit`."""

    def __init__(
        self, repo: str, private: bool = False, create_pr: bool = False, kind: str = "model"
    ):
        self.repo = repo
        self.private = private
        self.create_pr = create_pr
        self.kind = kind
        self.api = HfApi()

    def create(self) -> str:
        """Make the repository unless it exists; the commit that it stands at."""
        if not self.create_pr:
            self._ask(
                self.api.create_repo,
                repo_type=self.kind,
                private=self.private or None,
                exist_ok=True,
                space_sdk="gradio" if self.kind == "space" else None,
            )
        info = self._ask(self.api.repo_info, repo_type=self.kind)
        if self.private and not info.private:
            raise HubError(f"{self.repo} exists and is public: make it private on its page first.")
        return str(info.sha)

    def commit(
        self, files: Mapping[str, Path | bytes], message: str, owned: tuple[str, ...]
    ) -> str:
        """Upload files, by their names on the Hub, all or none; what to tell the user.

        `owned` are patterns of names that are this project's to keep: what an earlier commit left
        under such a name and `files` lack is deleted, so that it does not speak for the new ones.

        Raises `HubError` when the Hub refuses, also when somebody else committed meanwhile.
        """
        parent = self.create()
        before = self._ask(self.api.list_repo_files, repo_type=self.kind, revision=parent)
        stale = [n for n in before if n not in files and any(fnmatch(n, p) for p in owned)]
        added = [CommitOperationAdd(name, content) for name, content in files.items()]
        done = self._ask(
            self.api.create_commit,
            repo_type=self.kind,
            operations=[*added, *map(CommitOperationDelete, stale)],
            commit_message=message,
            parent_commit=parent,
            create_pr=self.create_pr,
        )
        return f"{self.repo}@{done.oid}" + (f" proposed in {done.pr_url}" if done.pr_url else "")

    def set_variable(self, name: str, value: str) -> None:
        """Set an environment variable of a Space."""
        self._ask(self.api.add_space_variable, key=name, value=value)

    def _ask(self, call: Callable[..., Result], **arguments: Any) -> Result:
        """Call the Hub; errors become one sentence without the server's words or the token."""
        get_session().timeout = SILENCE  # the client by itself waits for ever
        for attempt in range(PATIENCE + 1):
            try:
                return call(repo_id=self.repo, **arguments)
            except HfHubHTTPError as error:
                wait = _retry_after(error)
                if wait is None or attempt == PATIENCE:
                    raise self._sentence(error) from None
                time.sleep(wait)
            except (HTTPError, OSError, ValueError, RuntimeError) as error:
                raise self._sentence(error) from None
        raise AssertionError("the last attempt returns or raises")

    def _sentence(self, error: BaseException) -> HubError:
        repo = self.repo
        while error.__cause__ and not isinstance(error, HTTPError):
            error = error.__cause__  # an upload's thread wraps what happened in it
        if isinstance(error, HFValidationError):
            return HubError(f"{repo!r} is not the id of a repository: write it as name/repository.")
        if isinstance(error, OfflineModeIsEnabled):
            return HubUnreachable("HF_HUB_OFFLINE forbids to push: unset it.")
        if isinstance(error, UnicodeError):
            return HubError("HF_TOKEN holds characters that no token has: set it again.")
        status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
        if status in (401, 403):
            return HubError(
                f"The Hub does not let you write to {repo} ({status}): "
                "check HF_TOKEN and that it may write."
            )
        if status == 404 or isinstance(error, RepositoryNotFoundError):
            return HubError(f"There is no repository {repo} on the Hub that you may see: check it.")
        if status in (409, 412):
            return HubError(f"Somebody else committed to {repo} meanwhile: look, and start again.")
        if status in (429, *range(500, 600)):
            return HubUnreachable(
                f"The Hub cannot take {repo} now (it answered {status}): try again later."
            )
        if isinstance(error, HTTPError) and not status:
            return HubUnreachable(
                f"The connection to the Hub broke off: start again, unless {repo} has the commit."
            )
        return HubError(
            f"The Hub did not accept the files for {repo}: start again, "
            "or check the card's metadata."
        )


def listing(files: Mapping[str, Path | bytes]) -> str:
    """Size and name of every file that would be uploaded."""
    sizes = {
        name: len(content) if isinstance(content, bytes) else content.stat().st_size
        for name, content in files.items()
    }
    return "\n".join(f"{size:12,} {name}" for name, size in sizes.items())


def _retry_after(error: HfHubHTTPError) -> float | None:
    """Seconds to wait when the Hub is too busy and says so; None when asking again is no use."""
    if error.response.status_code != 429:
        return None
    try:
        return min(float(error.response.headers.get("Retry-After", 1)), LONGEST_WAIT)
    except ValueError:
        return LONGEST_WAIT
