"""Where figures come from: the commit of the code and the versions of what computes."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "torchvision", "timm", "scikit-learn")


def commit() -> str:
    """The commit of the code that is running, with a plus sign when files have changed since."""

    def git(*words: str) -> str:
        root = Path(__file__).parent.parent
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout

    return git("rev-parse", "HEAD").strip() + ("+" if git("status", "--porcelain", "-uno") else "")


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
