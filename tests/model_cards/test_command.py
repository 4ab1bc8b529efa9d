"""`python -m model_cards` answers at once: what takes time to import comes after parsing."""

import subprocess
import sys

from serving import ROOT

HELP = """
import sys
import fer
before = set(sys.modules)
from model_cards.__main__ import main
try:
    main(["--help"])
finally:
    new = {name.split(".")[0] for name in sys.modules.keys() - before}
    print("imported:", *sorted(new - {"model_cards", "fer"} - sys.stdlib_module_names))
"""


def test_help_imports_nothing_that_takes_time():
    told = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True)
    assert "check RUN" in told.stdout
    assert told.stdout.splitlines()[-1] == "imported:"
