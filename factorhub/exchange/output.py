"""A file that is whole or not there: written under a temporary name, flushed to disk, and renamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factorhub.errors import InputError
from factorhub.storage.folder import disk_errors
from factorhub.storage.whole import Temporary, left_over_of, remove_left_over


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
    with disk_errors(path.parent):
        remove_left_over(path.parent, left_over_of(path))
        with Temporary(path) as temporary:
            yield temporary.at
            temporary.keep()
