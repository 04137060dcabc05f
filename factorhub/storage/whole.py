"""Files that are whole or not there: written under a temporary name, flushed to disk, and renamed.

A temporary name is random, so that no file can wait under it, and made exclusively, so that none is followed or shared:
not by another process, host or container. It is locked while it is written. The lock goes with the process, however that
ends; so one without a lock is left over from a run that was killed, and the next run on that name removes it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from factorhub.errors import StoreError
from factorhub.printable import json_text
from factorhub.storage.files import release

TEMPORARY = re.compile(r"\.(.+)\.([0-9a-f]{16}|\d{1,10})\.tmp", re.DOTALL)  # the latter as versions before 0.2 wrote them
LONGEST = 200  # bytes of a name that its temporary one repeats; file systems allow 255
ABANDONED = 86400  # seconds after which a file without locks is taken for left over, where there are no locks at all


class Temporary:
    """A new empty file beside `path`, which becomes `path` by `keep` and otherwise vanishes when the block ends.

    Attributes:
        at: its path, for what can only write by path; whoever does must truncate it, not replace it.
        descriptor: the same file, open for reading and writing.

    Raises:
        OSError: what the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.at, self.descriptor = self._make()
        except BaseException:
            release(self._folder)
            raise
        self._kept = False

    def _make(self) -> tuple[Path, int]:
        while True:
            at = self.path.with_name(f".{_shortened(self.path.name)}.{secrets.token_hex(8)}.tmp")
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(at.name, flags, 0o666, dir_fd=self._folder)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # taken for left over in the moment before it was locked: another one then
                release(descriptor)
                continue
            except OSError:
                pass  # a file system without locks
            if self._is_there(at.name, descriptor):
                return at, descriptor
            release(descriptor)

    def _is_there(self, name: str, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.stat(name, dir_fd=self._folder, follow_symlinks=False), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def keep(self) -> None:
        """Flush the file to disk and give it its name; what had the name before is replaced, and never followed."""
        os.fsync(self.descriptor)
        found = os.stat(self.at.name, dir_fd=self._folder, follow_symlinks=False)
        if not os.path.samestat(found, os.fstat(self.descriptor)):
            raise StoreError(f"{self.at} was replaced while it was written; run the same command again")
        os.rename(self.at.name, self.path.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._kept = True
        os.fsync(self._folder)

    def __enter__(self) -> Temporary:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if not self._kept and self._is_there(self.at.name, self.descriptor):
                os.unlink(self.at.name, dir_fd=self._folder)
        except OSError:
            if kind is None:
                raise  # else the first error is the one to tell, and the next run removes what is left
        finally:
            release(self.descriptor)
            release(self._folder)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON under a temporary name, flush it to disk, and rename: the file is whole or not there."""
    write_whole(path, json_text(data, indent=1).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` under a temporary name, flush it to disk, and rename."""
    with Temporary(path) as temporary:
        with os.fdopen(temporary.descriptor, "wb", closefd=False) as file:
            file.write(content)
        temporary.keep()


def remove_left_over(folder: Path, ours: Callable[[str], bool]) -> None:
    """Remove the temporary files in `folder` whose final name is one of `ours` and which nobody is writing any more."""
    for name in os.listdir(folder):
        found = TEMPORARY.fullmatch(name)
        if found is not None and ours(found[1]):
            _remove_unless_written(folder / name)


def left_over_of(path: Path) -> Callable[[str], bool]:
    """For `remove_left_over`: the temporary files of this very path."""
    wanted = _shortened(path.name)
    return lambda name: name == wanted


def is_temporary(name: str) -> bool:
    """True for the names of temporary files of a set."""
    found = TEMPORARY.fullmatch(name)
    return found is not None and found[1].endswith((".h5", ".json", ".md"))


def _remove_unless_written(path: Path) -> None:
    """Remove a temporary file that no process has locked; where there are no locks, one that is old.

    Under its lock, so that who is just about to lock it finds out, and takes another name.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EMLINK):  # a link or a socket: no file of ours
            path.unlink(missing_ok=True)
        return
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        release(descriptor)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass
    except OSError:
        if time.time() - os.fstat(descriptor).st_mtime >= ABANDONED:
            path.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)
    finally:
        release(descriptor)


def _shortened(name: str) -> str:
    """A file's name as its temporary one repeats it, which must not be too long for the file system."""
    return os.fsdecode(os.fsencode(name)[:LONGEST])


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        release(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder with its parents, and flush each new entry: a folder that a power cut takes away takes all with it."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(exist_ok=True)
        sync_folder(new.parent)
