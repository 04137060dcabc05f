"""A file that is whole or not there: written under a temporary name, flushed to disk, and renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factorhub.errors import InputError
from factorhub.storage.files import sync_folder
from factorhub.storage.folder import disk_errors


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it becomes `path` when the block ends well and vanishes otherwise.

    Raises:
        InputError: `path` is a folder, or lies in none. StoreError: the disk is full or read-only.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file to write, such as {path / 'export'}")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with disk_errors(path.parent):
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
