"""A process uses the cores that it may, or its share where several are started together."""

import os

import pytest

from fer.cores import SHARE, cores


@pytest.mark.parametrize(
    ("share", "expected"), [("", None), ("3", 3), ("0", None), ("-1", None), ("many", None)]
)
def test_cores(monkeypatch, share, expected):
    monkeypatch.setenv(SHARE, share)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 5}, raising=False)
    assert cores() == (expected or 2)
