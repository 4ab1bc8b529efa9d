"""Lists of pictures and their labels as programs save them, and the pictures that they name.

Excel begins a file with a byte-order mark, older programs write Latin-1, columns and suffixes have
many names: none of that is worth an error, and none may cost a row unnoticed.
"""

import csv
from pathlib import Path

from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

from fer.errors import DataError

SUFFIXES = {*ImageFolder.EXTENSIONS, ".avif", ".heic", ".heif", ".hif", ".mpo"}
COLUMNS = {
    "image": ("image", "filename", "file_name", "file", "path", "img", "image_path"),
    "label": ("label", "emotion", "expression", "class", "labels"),
}


def read_text(path: Path) -> str:
    """A text file without its byte-order mark, in UTF-8, UTF-16 or else Latin-1."""
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_labels(path: Path) -> list[tuple[str, str]]:
    """Picture and label of each row of a table with commas, semicolons or tabs.

    Raises `DataError` where it has no such columns or a row lacks one.
    """
    lines = read_text(path).splitlines()
    first = lines[0] if lines else ""
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(lines, delimiter=delimiter)
    known = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    columns = [
        next((known[name] for name in names if name in known), "") for names in COLUMNS.values()
    ]
    if lines and not all(columns):
        raise DataError(
            f"{path.name} needs the columns image and label, which may also be called "
            f"{', '.join((*COLUMNS['image'][1:4], *COLUMNS['label'][1:3]))}."
        )
    rows = []
    for number, row in enumerate(reader, 2):
        image, label = (str(row[name] or "").strip() for name in columns)
        if not image or not label:
            raise DataError(f"Line {number} of {path.name} lacks its image or its label: mend it.")
        rows.append((image, label))
    return rows


class Pictures:
    """Finds the pictures of a folder by name, whatever their suffixes are."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._by_stem: dict[Path, dict[str, Path]] = {}  # of each folder below that was looked into

    def find(self, name: str) -> Path | None:
        """The picture so named, or the one that differs from it in its suffix alone."""
        path = self.folder / name
        if path.is_file():
            return path
        if path.parent not in self._by_stem:
            files = sorted(path.parent.iterdir(), reverse=True) if path.parent.is_dir() else []
            self._by_stem[path.parent] = {
                file.stem.lower(): file for file in files if file.suffix.lower() in SUFFIXES
            }
        return self._by_stem[path.parent].get(path.stem.lower())
