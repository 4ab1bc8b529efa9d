"""What this machine is, and how much of it is taken."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import fer
from fer.bench.records import Machine
from fer.cores import cores

ROOT = Path(fer.__file__).parent.parent  # the clone, or where the package is installed
PACKAGES = ("torch", "openvino", "numpy", "av", "pillow", "gradio")


def describe() -> Machine:
    """The machine that this runs on."""
    return Machine(
        processor=_processor(),
        cores=cores(),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        system=f"{platform.system()} {platform.machine()}",
    )


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute, as far as they are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """The commit of the code where that is a clone, with a plus sign when files have changed."""
    if not (ROOT / ".git").exists():
        return None
    changed = _said("git", "status", "--porcelain", "-uno")
    return _said("git", "rev-parse", "HEAD") + ("+" if changed else "")


def memory_mb(process: int) -> float:
    """Megabytes of memory (RSS) that a process holds."""
    pages = Path(f"/proc/{process}/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return int(_said("ps", "-o", "rss=", "-p", str(process))) * 1024 / 1e6


def size_mb(folder: Path) -> float:
    """Megabytes of the files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def _processor() -> str:
    if sys.platform == "darwin":
        return _said("sysctl", "-n", "machdep.cpu.brand_string")
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or platform.machine())


def _said(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()
