"""Data sets on the Hub: one exact commit of each, which all splits are of and records name."""

import os
from pathlib import Path

from fer.errors import DataError, HubUnreachable
from fer.models.hub import HUB_ID, PINNED, PROBE_SECONDS, asked


def pinned(data: str) -> str:
    """`owner/name` or `owner/name@revision` of the Hub as `owner/name@commit`, which is printed; a
    folder as it is.

    Where the Hub does not answer and no revision is asked for, what the cache holds is taken, and
    that its commit is not known is printed.

    Raises `DataError` where nothing is named, `HubError` where the Hub has no such data set.
    """
    require_name(data)
    hub_id = HUB_ID.fullmatch(data)
    if hub_id is None or os.path.exists(data):  # noqa: PTH110 (no path is too long for this)
        return data
    repo, revision = hub_id[1], hub_id[2]
    if PINNED.fullmatch(data):
        return data
    try:
        commit = _commit(repo, revision)
    except HubUnreachable:
        if revision:
            raise
        print(f"WARNING: the Hub does not answer: the cache's copy of {repo}, of whatever commit.")
        return data
    print(f"{repo} on the Hub is taken as of commit {commit}.")
    return f"{repo}@{commit}"


def require_name(data: str | Path) -> None:
    """Raise `DataError` for an empty name, which would mean the folder one happens to be in."""
    if not str(data).strip():
        raise DataError("The data has no name: give a folder, or owner/name of a Hub data set.")


def data_id(data: str) -> str:
    """How records name their data: by its folder's name, or by its whole id on the Hub."""
    return Path(data).resolve().name if Path(data).exists() else data


def split_name(data: str) -> tuple[str, str | None]:
    """The repository and the revision that a name has."""
    hub_id = HUB_ID.fullmatch(data)
    return (hub_id[1], hub_id[2]) if hub_id else (data, None)


def _commit(repo: str, revision: str | None) -> str:
    from huggingface_hub import HfApi

    revision = revision or "main"  # which every Hub understands, unlike none at all
    with asked(repo, "data set", revision):
        about = HfApi().dataset_info(repo, revision=revision, timeout=PROBE_SECONDS)
    assert about.sha
    return about.sha
