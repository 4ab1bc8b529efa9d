"""How many cases are tried: 300 of each property in `make test`, always the same ones; 10,000 new
ones in `make fuzz`."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Nothing here measures time: a machine may be busy.
settings.register_profile(
    "test",
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile(
    "fuzz", settings.get_profile("test"), max_examples=10_000, derandomize=False
)
settings.load_profile(os.environ.get("FER_CASES", "test"))


@pytest.fixture(scope="session")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the file of a case; the next case writes over it."""
    return tmp_path_factory.mktemp("case") / "given"
