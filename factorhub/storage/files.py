"""Files as a set needs them: read only where they are plain files of the folder, written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factorhub.errors import StoreError


def open_plain(folder: Path, name: str) -> int:
    """Open `folder / name` for reading: a plain file that really lies there, never a link, a pipe or a device.

    Raises:
        StoreError: it is missing, unreadable or not a plain file.
    """
    path = folder / name
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        parent = os.open(path.parent, flags | os.O_DIRECTORY) if "/" in name else None
        try:
            at = path if parent is None else path.name
            descriptor = os.open(at, flags | os.O_NONBLOCK, dir_fd=parent)  # else a pipe would wait for its writer
        finally:
            if parent is not None:
                os.close(parent)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing") from None
    except OSError as error:
        if path.is_symlink() or ("/" in name and path.parent.is_symlink()):
            raise StoreError(f"{path} is a link, and links are not followed; copy the files themselves") from None
        raise StoreError(f"cannot open {path}: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError(f"{path} is not a plain file")
    return descriptor


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


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON under a temporary name, flush it to disk, and rename: the file is whole or not there."""
    write_whole(path, json.dumps(data, indent=1, ensure_ascii=False).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` under a temporary name, flush it to disk, and rename."""
    temporary = temporary_name(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def temporary_name(path: Path) -> Path:
    """What a file is called until it is whole: hidden, and another for each process."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def is_temporary(name: str) -> bool:
    """True for the names that `temporary_name` gives to files of a set."""
    kept, _, number = name.removesuffix(".tmp").rpartition(".")
    return name.endswith(".tmp") and name.startswith(".") and number.isdigit() and kept.endswith((".h5", ".json", ".md"))


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
