"""Models on the Hugging Face Hub: from `repo` or `repo@revision` to a folder of one exact commit.

Only files of a model folder are ever asked for, so a pickle in a repository is never fetched.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fer.errors import HubError, HubUnreachable, ModelError
from fer.models.ensemble import is_ensemble, weights_file
from fer.models.model_folder import CONFIG, name_of, read_config, read_json

# Good to have, but a model answers without them.
COMPANIONS = ("README.md", "metrics.json", "training.json")
# What a card and its figures can be checked by.
CARD_FILES = ["*.md", "*.json", "plots/*.png", ".eval_results/*.yaml"]
PROBE_SECONDS = 10  # after which the Hub counts as out of reach

HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@(.+))?")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")


@dataclass(frozen=True)
class Source:
    """Where a model is read from."""

    folder: Path
    name: str  # as users know it: the folder's name, or the repository on the Hub
    commit: str | None = None  # on the Hub, in full; None for a local folder


@contextmanager
def locate(model: str | Path, revision: str | None = None) -> Iterator[Source]:
    """The folder of a model: as it is, or pulled from the Hub where there is no such folder.

    What turns out to be no usable model inside the `with` is removed from the cache again.
    `revision` is a branch, a tag or a commit; the Hub's `main` without it.

    Raises `ModelError` when there is no such model, `HubUnreachable` when the Hub does not answer
    and the cache does not hold the model.
    """
    hub_id = None if isinstance(model, Path) else HUB_ID.fullmatch(model)
    if hub_id is None or (revision is None and Path(model).is_dir()):
        yield Source(Path(model), name_of(model))
        return
    repo, revision = hub_id[1], revision or hub_id[2]
    offline = _nothing_answers(repo)
    commit = None
    try:
        folder = _pull(repo, CONFIG, revision, offline)
        commit = folder.name
        source = Source(folder, repo, commit)
        _pull_rest(source, offline)
        yield source
    except HubUnreachable:
        raise
    except ModelError as error:
        _forget(repo, commit)
        if isinstance(error, HubError):
            raise
        raise ModelError(f"{repo} at commit {commit} cannot be used: {error}") from error


def member_of(source: Source, member: str) -> str | Path:
    """What `locate` takes for a member that an ensemble's configuration names."""
    if PINNED.fullmatch(member):
        return member
    if source.commit:
        raise ModelError(
            f"the ensemble names its member {member!r} without a full commit (repo@commit): "
            "fit it again on members from the Hub."
        )
    return source.folder / member


def snapshot(model: str) -> tuple[Path, list[str]]:
    """What a card on the Hub can be checked by, pulled into the cache: its folder, and the names of
    all files of the repository.

    Weights, which may be large, are pulled only beside a `metrics.json`, which says whose they are.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HTTPError

    hub_id = HUB_ID.fullmatch(model)
    if hub_id is None:
        raise ModelError(f"There is no model folder {model}: check the path.")
    repo, revision = hub_id[1], hub_id[2]
    try:
        about = HfApi().model_info(repo, revision=revision)
        names = [file.rfilename for file in about.siblings or []]
        wanted = [*CARD_FILES, *(["*.safetensors"] if "metrics.json" in names else [])]
        folder = snapshot_download(repo, revision=about.sha, allow_patterns=wanted)
        return Path(folder), names
    except (HTTPError, OSError, ValueError, RuntimeError) as error:
        raise _sentence(error, repo, "card", revision) from None


def _pull(repo: str, file: str, revision: str | None, offline: bool) -> Path:
    """Download a file of a repository unless it is cached; the folder of its commit."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HTTPError

    try:
        path = hf_hub_download(repo, file, revision=revision, local_files_only=offline)
    except (HTTPError, OSError, ValueError, RuntimeError) as error:  # the last from Xet's client
        raise _sentence(error, repo, file, revision) from None
    return Path(path).parent


def _nothing_answers(repo: str) -> bool:
    """Whether the Hub is out of reach; the client alone would try for minutes to find out."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    try:
        get_hf_file_metadata(hf_hub_url(repo, CONFIG), timeout=PROBE_SECONDS)
    except (HfHubHTTPError, ValueError):
        return False  # something answered, or this is no id: the client finds out what it means
    except (HTTPError, OfflineModeIsEnabled):
        return True
    return False


def _pull_rest(source: Source, offline: bool) -> None:
    weights = weights_file(source.folder)
    if not is_ensemble(source.folder):
        read_config(source.folder)  # before a large file of somebody else's network is fetched
    if not read_json(source.folder).get("sha256"):
        raise ModelError(f"its {CONFIG} does not record the SHA-256 of {weights}.")
    _pull(source.name, weights, source.commit, offline)
    for file in COMPANIONS:
        with suppress(HubError):
            _pull(source.name, file, source.commit, offline)


def _forget(repo: str, commit: str | None) -> None:
    """Remove a commit, and all that leads nowhere, from the cache: a later run downloads afresh."""
    from huggingface_hub import constants, scan_cache_dir

    cache = Path(constants.HF_HUB_CACHE).resolve()
    folder = cache / f"models--{repo.replace('/', '--')}"
    if not folder.is_dir():
        return
    # A download that failed leaves a name without its commit, which the scan does not get over.
    for name in folder.glob("refs/**/*"):
        if name.is_file() and not (folder / "snapshots" / name.read_text()).is_dir():
            name.unlink()
    cached = scan_cache_dir(cache)
    if folder not in {found.repo_path for found in cached.repos}:
        shutil.rmtree(folder, ignore_errors=True)
    elif commit:
        cached.delete_revisions(commit).execute()


def _sentence(error: Exception, repo: str, file: str, revision: str | None) -> HubError:
    """What went wrong, without the server's own words: they might repeat a token.

    For the same reason it is raised `from None`: a traceback would print them.
    """
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, HFValidationError):
        return HubError(f"{repo!r} is neither a folder here nor the id of a repository on the Hub.")
    if isinstance(error, UnicodeError):
        return HubError("HF_TOKEN holds characters that no token has: set it again.")
    if isinstance(error, GatedRepoError):
        return HubError(f"{repo} asks you to accept its terms: do so on its page on the Hub.")
    if isinstance(error, RevisionNotFoundError):
        return HubError(f"{repo} on the Hub has no revision {revision}: check it, or leave it out.")
    if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
        return HubError(f"{repo} on the Hub has no {file}, so it is not a model of this library.")
    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else error
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return HubError(
            f"There is neither a folder {repo} here nor a repository {repo} on the Hub that you "
            "may see: check the name and, if it is private, set HF_TOKEN."
        )
    if status in (401, 403):
        return HubError(f"The Hub does not let you read {repo} ({status}): check HF_TOKEN.")
    if status:
        return HubUnreachable(
            f"The Hub cannot hand out {repo} now (it answered {status}): try again later."
        )
    if isinstance(error, LocalEntryNotFoundError):
        return HubUnreachable(
            f"The Hub cannot be reached and the whole of {repo} is not in the cache: "
            "check the connection, or name a model folder."
        )
    if isinstance(error, OSError) and error.errno:
        return HubError(
            f"The cache cannot hold {repo} ({error.strerror}): make room for it, or set HF_HOME "
            "to another folder."
        )
    return HubUnreachable(f"The download of {repo} from the Hub broke off: start it again.")
