"""Files as a set needs them: read only where they are plain files of the folder, or links into the store of a tool that keeps it.

What is written is in `factorhub.storage.whole`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

from factorhub.errors import StoreError

LARGEST = 1 << 26  # bytes of JSON that are read; 10,000 shards of 16 columns need 11 MB


class TooManyFiles(StoreError):
    """This process may open no more files, which says nothing about the one that was asked for."""


def open_plain(folder: Path, name: str) -> int:
    """Open `folder / name` for reading: a plain file that really lies there, never a pipe, a device, or a link out of it.

    The one exception are links into the store of a tool that keeps whole folders as links; see `_kept`.

    Raises:
        StoreError: it is missing, unreadable or not a plain file. TooManyFiles: no more can be opened.
    """
    path = folder / name
    try:
        descriptor = _open(path, nested="/" in name)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing") from None
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            hint = "close sets that are done with, or raise the limit (ulimit -n)"
            raise TooManyFiles(f"cannot open {path}: {error.strerror}; {hint}") from None
        if path.is_symlink() or ("/" in name and path.parent.is_symlink()):
            raise StoreError(f"{path} is a link, and links are not followed; copy the files themselves") from None
        raise StoreError(f"cannot open {path}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        release(descriptor)
        raise StoreError(f"{path} is not a plain file")
    return descriptor


def _open(path: Path, nested: bool) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        parent = os.open(path.parent, flags | os.O_DIRECTORY) if nested else None
        try:
            at = path if parent is None else path.name
            return os.open(at, flags | os.O_NONBLOCK, dir_fd=parent)  # else a pipe would wait for its writer
        finally:
            if parent is not None:
                release(parent)
    except OSError:
        target = _kept(path) if path.is_symlink() and not path.parent.is_symlink() else None
        if target is None:
            raise
    return os.open(target, flags | os.O_NONBLOCK)


def _kept(path: Path) -> Path | None:
    """Where a link leads, if that is the store of a tool that keeps folders as links: Hugging Face's cache, git-annex or DVC.

    Each has its store at a fixed place beside or above the folder, so that a folder from elsewhere cannot point out of itself.
    """
    target = Path(os.path.realpath(path))
    for above in Path(os.path.abspath(path)).parents:
        stores = [above / ".git" / "annex" / "objects", above / ".dvc" / "cache"]
        if above.name == "snapshots":
            stores.append(above.with_name("blobs"))
        if any(target.is_relative_to(os.path.realpath(store)) for store in stores):
            return target
    return None


def release(descriptor: int) -> None:
    """Close a descriptor through which nothing waits to be written: what the disk says then is no loss, and no one's error."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


def pread(descriptor: int, size: int, offset: int) -> bytes:
    """Exactly `size` bytes of an open file at `offset`, without moving any position: safe between threads and forks.

    Raises:
        StoreError: the file ends before, or the disk fails.
    """
    try:
        data = os.pread(descriptor, size, offset)
        while len(data) < size:  # a signal or a network file system may cut a read short
            more = os.pread(descriptor, size - len(data), offset + len(data))
            if not more:
                raise StoreError(f"it ends at byte {offset + len(data)}")
            data += more
    except OSError as error:
        raise StoreError(f"the disk fails at byte {offset}: {error.strerror}") from None
    return data


def read_json(path: Path) -> Any:
    """The JSON in a plain file of bounded size; StoreError in one line when it is not there or not JSON."""
    descriptor = open_plain(path.parent, path.name)
    try:
        size = os.fstat(descriptor).st_size
        if size > LARGEST:
            raise StoreError(f"{path} is larger than {LARGEST} bytes; it is not a factorhub manifest")
        return json.loads(pread(descriptor, size, 0))
    except (ValueError, RecursionError):
        raise StoreError(f"{path} is not JSON; restore it, or generate the set again with overwrite=True (--overwrite)") from None
    finally:
        release(descriptor)
