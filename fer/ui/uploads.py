"""Files that visitors send: each in a folder of its own, and erased as soon as it has been read."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gradio import route_utils

from fer.errors import FerError

NOT_UPLOADED = "No file was uploaded: add one first."


class _OwnFolder(route_utils.GradioUploadFile):
    """Gradio names an upload's folder after its content.

    Two visitors with the same photo would share a file, and the first answer would erase it for
    both. A secret in the name keeps them apart.
    """

    def __init__(self, *arguments: Any, **settings: Any):
        super().__init__(*arguments, **settings)
        self.sha.update(secrets.token_bytes())


route_utils.GradioUploadFile = _OwnFolder  # type: ignore[misc]


@contextmanager
def taken(upload: Any) -> Iterator[Path]:
    """The file that the page or an API caller uploaded, for as long as the block lasts.

    Raises `FerError` for anything else: through the API anybody can name any file of the server.
    """
    name = upload.get("path") if isinstance(upload, dict) else None
    if not isinstance(name, str) or "\0" in name:
        raise FerError(NOT_UPLOADED)
    path = Path(name).resolve()
    if not path.is_relative_to(Path(os.environ["GRADIO_TEMP_DIR"]).resolve()) or not path.is_file():
        raise FerError(NOT_UPLOADED)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()
