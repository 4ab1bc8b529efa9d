"""What all files of a saved model have in common."""

import hashlib
import json
from pathlib import Path
from typing import Any

from fer.errors import ModelError


def write_json(path: Path, values: Any) -> None:
    """Write plain data as people like to read it."""
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def json_sha256(values: Any) -> str:
    """The SHA-256 of plain data, however a file lays it out, in hexadecimal."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def check_sha256(path: Path, recorded: str) -> None:
    """Raise `ModelError` when a file is not the one whose SHA-256 is recorded.

    Folders written before it was recorded have none; what comes from the Hub always needs one.
    """
    if recorded and path.is_file() and sha256(path) != recorded:
        raise ModelError(
            f"{path.name} in {path.parent} is damaged or was changed, for its SHA-256 is not the "
            "one in config.json: copy or download it again."
        )
