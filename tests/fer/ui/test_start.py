"""The app starts whatever the machine it runs on is set to."""

import os
import subprocess
import sys

import httpx
import pytest
from serving import ROOT, serve

PROXY = "http://127.0.0.1:9"  # where nobody listens
SAYS = "import os, fer.ui; print(os.environ['no_proxy'], os.environ['NO_PROXY'])"


def test_the_app_starts_where_a_proxy_is_set() -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"), PROXY)
    with serve(**proxies, NO_PROXY="", no_proxy="") as url:
        assert httpx.get(f"{url}/config").status_code == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "intern"}, "intern,localhost,127.0.0.1,::1"),
        ({"no_proxy": "a", "NO_PROXY": "b"}, "a,localhost,127.0.0.1,::1"),  # as Python reads them
        ({"GRADIO_SERVER_NAME": "192.168.1.7"}, "localhost,127.0.0.1,::1,192.168.1.7"),
        ({"no_proxy": "*", "NO_PROXY": "*"}, "*"),
    ],
)
def test_only_the_app_itself_is_asked_past_the_proxy(before: dict[str, str], after: str) -> None:
    cleared = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    command = [sys.executable, "-c", SAYS]
    said = subprocess.check_output(command, text=True, env=cleared | before, cwd=ROOT)
    assert said.split() == [after, after]
