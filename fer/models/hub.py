"""Models on the Hugging Face Hub: from `repo` or `repo@revision` to a folder of one exact commit.

Only files of a model folder are ever asked for, so a pickle in a repository is never fetched.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fer.errors import HubError, HubUnreachable, ModelError
from fer.models.bundled import BUNDLES, bundled_model
from fer.models.config import CONFIG, GRAPH_FILE, NetworkConfig, read_config, weights_name
from fer.models.files import check_sha256

# Good to have, but a model answers without them.
COMPANIONS = ("README.md", "metrics.json", "training.json")
# What a card and its figures can be checked by.
CARD_FILES = ["*.md", "*.json", "plots/*.png", ".eval_results/*.yaml"]
PROBE_SECONDS = 10  # after which the Hub counts as out of reach

HUB_ID = re.compile(r"([\w.-]+/[\w.-]+)(?:@(.+))?")
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")


@dataclass(frozen=True, eq=False)
class Location:
    """Where a model is read from."""

    path: Path
    name: str  # as users know it: the folder's name, or the repository on the Hub
    commit: str | None  # on the Hub, in full; None for a local folder

    @contextmanager
    def naming_the_commit(self) -> Iterator[None]:
        """Says of what is wrong with a model from the Hub which repository and commit it is."""
        try:
            yield
        except HubError:
            raise
        except ModelError as error:
            if self.commit is None:
                raise
            raise ModelError(
                f"{self.name} at commit {self.commit} cannot be used: {error}"
            ) from error


def locate(model: str | Path, revision: str | None = None) -> Location:
    """The folder of a model: as it is, one that is bundled, or else pulled from the Hub.

    `revision` is a branch, a tag or a commit; the Hub's `main` without it. The cache is shared with
    other libraries, so nothing in it is deleted but a weights file that this call downloaded and
    that is not the one its configuration records.

    Raises `ModelError` when there is no such model, `HubUnreachable` when the Hub does not answer
    and the cache does not hold the model.
    """
    if not isinstance(model, str | Path):
        raise ModelError(
            f"A model is a folder, a name or an id on the Hub, not of type {type(model).__name__}."
        )
    try:
        Path(model).resolve().is_dir()
    except (OSError, ValueError, RuntimeError) as error:  # too long, no name, links in a circle
        raise ModelError(f"There is no model folder {str(model)[:50]}…: check the path.") from error
    hub_id = None if isinstance(model, Path) else HUB_ID.fullmatch(model)
    if model in BUNDLES and revision is None and not Path(model).is_dir():
        folder = bundled_model(str(model))
        return Location(folder, local_name(folder), None)
    if hub_id is None or (revision is None and Path(model).is_dir()):
        return Location(Path(model), local_name(Path(model)), None)
    repo, revision = hub_id[1], revision or hub_id[2]
    offline = _nothing_answers(repo)
    folder = _pull(repo, CONFIG, revision, offline)
    location = Location(folder, repo, folder.name)
    with location.naming_the_commit():
        _pull_rest(location, offline)
    return location


def local_name(folder: Path) -> str:
    """What a model is called: its folder's name, or that of its run, which keeps it in `model`."""
    folder = folder.resolve()
    return folder.parent.name if folder.name == "model" else folder.name


def snapshot(model: str) -> tuple[Path, list[str]]:
    """What a card on the Hub can be checked by, pulled into the cache: its folder, and the names of
    all files of the repository.

    Weights, which may be large, are pulled only beside figures, which say whose they are.
    """
    from huggingface_hub import HfApi, snapshot_download

    hub_id = HUB_ID.fullmatch(model)
    if hub_id is None:
        raise ModelError(f"There is no model folder {model}: check the path.")
    repo, revision = hub_id[1], hub_id[2]
    with asked(repo, "card", revision):
        about = HfApi().model_info(repo, revision=revision)
        names = [file.rfilename for file in about.siblings or []]
        judged = {"metrics.json", "measured.json"} & {*names}
        weights = ["*.safetensors", "*.onnx"] if judged else []
        wanted = [*CARD_FILES, *weights]
        folder = snapshot_download(repo, revision=about.sha, allow_patterns=wanted)
        return Path(folder), names


def _pull(repo: str, file: str, revision: str | None, offline: bool) -> Path:
    """Download a file of a repository unless it is cached; the folder of its commit."""
    from huggingface_hub import hf_hub_download

    with asked(repo, file, revision):
        path = hf_hub_download(repo, file, revision=revision, local_files_only=offline)
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


def _pull_rest(location: Location, offline: bool) -> None:
    config = read_config(location.path)  # before a large file of another network is fetched
    weights = weights_name(config)
    if not config.sha256:
        raise ModelError(f"its {CONFIG} does not record the SHA-256 of {weights}.")
    _pull_checked(location, weights, config.sha256, offline)
    if isinstance(config, NetworkConfig) and config.graph:
        _pull_checked(location, GRAPH_FILE, config.graph.sha256, offline)
    for file in COMPANIONS:
        with suppress(HubError):
            _pull(location.name, file, location.commit, offline)


def _pull_checked(location: Location, file: str, recorded: str, offline: bool) -> None:
    """Download a file that has to be the one of this SHA-256."""
    before = _contents(location.path)
    _pull(location.name, file, location.commit, offline)
    path = location.path / file
    content = path.resolve()
    if content not in before:  # what was there before is checked when it is loaded
        try:
            check_sha256(path, recorded)
        except ModelError:  # else it would be taken from the cache for ever
            path.unlink()
            content.unlink(missing_ok=True)
            raise


def _contents(snapshot: Path) -> set[Path]:
    """All files that the cache holds of a repository; those of a snapshot may be links to them."""
    blobs = snapshot.parent.parent / "blobs"
    return {path.resolve() for path in (*snapshot.iterdir(), *blobs.glob("*"))}


@contextmanager
def asked(repo: str, file: str, revision: str | None) -> Iterator[None]:
    """Raises `HubError`, one sentence, where the Hub cannot give a file of a repository, or what
    is called so."""
    from huggingface_hub.errors import HTTPError

    try:
        yield
    except (HTTPError, OSError, ValueError, RuntimeError) as error:  # the last from Xet's client
        raise _sentence(error, repo, file, revision) from None


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
