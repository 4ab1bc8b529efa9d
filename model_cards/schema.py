"""The JSON schema of `metrics.json`, for whoever reads or writes such files with other programs."""

import json
from pathlib import Path
from typing import Any

import msgspec

from fer.models.records import Metrics

SCHEMA = Path(__file__).parent / "metrics.schema.json"


def schema() -> str:
    """The schema as JSON, made of the records that the library itself reads the file by."""
    about: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metrics.json",
        "description": "The figures of a model folder by split. Shares are fractions, not percent.",
    }
    return json.dumps(about | msgspec.json.schema(Metrics), indent=2) + "\n"
