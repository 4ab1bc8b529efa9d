"""The licences of all packages that an installation brings: python tests/support/licences.py

Writes LICENCES.md, from what the packages installed here say of themselves.
"""

from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from packaging.requirements import Requirement
from serving import ROOT

TABLE = ROOT / "LICENCES.md"
LOCKS = {
    "To answer, with the app and torch": "requirements.lock",
    "To train and test, besides": "requirements-dev.lock",
}
INTRODUCTION = """\
# Licences of the packages that come along

As the packages say themselves, which `make lock` asks. Those for other systems are left out.
"""
LONGEST = 100  # characters: some put the whole text there


def locked(name: str) -> list[Requirement]:
    """The packages of a lock file that are for this system and this Python."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    found = [Requirement(line.rstrip("\\ ")) for line in lines if line[:1].isalnum()]
    return [one for one in found if one.marker is None or one.marker.evaluate()]


def licence(about: PackageMetadata) -> str:
    """What a package says of its licence."""
    said = about.get("License-Expression") or about.get("License") or ""
    if said and len(said) <= LONGEST and said.upper() != "UNKNOWN":
        return said
    kinds = [kind for kind in about.get_all("Classifier") or [] if kind.startswith("License ::")]
    if kinds:
        return ", ".join(kind.rpartition(" :: ")[2] for kind in kinds)
    return said.strip().partition("\n")[0][:LONGEST] or "says nothing"


def main() -> None:
    """Write the table."""
    parts, listed = [INTRODUCTION], set[str]()
    for title, lock in LOCKS.items():
        parts.append(f"\n## {title}\n\n| Package | Version | Licence |\n|---|---|---|\n")
        for one in locked(lock):
            if one.name in listed:
                continue
            listed.add(one.name)
            try:
                about = metadata(one.name)
            except PackageNotFoundError:  # such as the parts of a torch for other GPUs
                continue
            version = str(one.specifier).removeprefix("==")
            parts.append(f"| {one.name} | {version} | {licence(about)} |\n")
    TABLE.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
