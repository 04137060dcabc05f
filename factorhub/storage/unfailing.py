"""The file beneath HDF5 while it writes: HDF5 is told that no write fails, and the first failure is kept for who asked.

HDF5 does not live through a failed write. What it could not flush stays in its caches, so that closing the file fails,
h5py says nothing of it or raises a bare RuntimeError, and the process may crash in the next file that it opens. Here a
write that fails is noted, and all that follow are dropped: HDF5 closes as if all were well, and `check` then raises.
"""

from __future__ import annotations

import errno
import os
from typing import Any

import h5py

from factorhub.storage.codecs.codec import Buffer


class Unfailing:
    """An open descriptor as the file object that h5py writes an HDF5 file through.

    Args:
        descriptor: open for reading and writing; whoever opened it closes it, after HDF5's file was closed.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0
        self._failed: BaseException | None = None

    def check(self) -> None:
        """Raise what the disk refused first, if it refused anything: an OSError."""
        if self._failed is not None:
            raise self._failed

    def drop(self) -> None:
        """Write nothing more: for a file that is to be removed."""
        self._failed = self._failed or OSError(errno.ECANCELED, os.strerror(errno.ECANCELED))

    def write(self, data: Buffer) -> int:
        """All of `data` at the current place, as far as HDF5 is told."""
        size, done = len(data), 0
        try:
            while self._failed is None and done < size:  # a signal or a full disk may cut a write short
                done += os.pwrite(self._descriptor, data[done:] if done else data, self._at + done)
        except BaseException as error:  # Ctrl-C too, which may come while the disk is written to
            self._failed = error
        self._at += size
        return size

    def truncate(self, size: int | None = None) -> int:
        """Cut or lengthen the file, as far as HDF5 is told."""
        size = self._at if size is None else size
        try:
            if self._failed is None:
                os.ftruncate(self._descriptor, size)
        except BaseException as error:
            self._failed = error
        return size

    def readinto(self, out: bytearray | memoryview) -> int:
        """Fill `out`; here failures are safe to pass on."""
        self.check()
        left = memoryview(out).cast("B")
        size = len(left)
        while left:
            done = os.preadv(self._descriptor, [left], self._at + size - len(left))
            if not done:
                left[:] = bytes(len(left))  # as HDF5's own driver has it after the end of a file
                break
            left = left[done:]
        self._at += size
        return size

    def read(self, size: int = -1) -> bytes:
        """Bytes at the current place. HDF5 uses `readinto`, but a file object is known by having both."""
        out = bytearray(size if size >= 0 else max(self.seek(0, os.SEEK_END), 0))
        self.readinto(out)
        return bytes(out)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Move to another place."""
        self._at = place + (0, self._at, os.fstat(self._descriptor).st_size if whence == os.SEEK_END else 0)[whence]
        return self._at

    def tell(self) -> int:
        """The current place."""
        return self._at

    def flush(self) -> None:
        """Nothing waits here."""


def new_file(beneath: Unfailing) -> Any:
    """A new HDF5 file. "earliest" keeps it readable by every HDF5; h5py leaves times off, so equal content gives equal bytes."""
    return h5py.File(beneath, "w", libver=("earliest", "v110"), track_order=True)
