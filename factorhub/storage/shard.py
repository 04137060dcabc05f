"""Reads one shard: its index, then its chunks with plain `pread`: no lock, no handle that a fork could break."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from factorhub.errors import StoreError
from factorhub.factors import Array
from factorhub.storage.codecs.codec import Buffer
from factorhub.storage.files import TooManyFiles, open_plain, pread
from factorhub.storage.index import Chunks, Index, digest_of, unpack
from factorhub.storage.manifest import Finished, Manifest, Plan, Shard

READ_COST = 1 << 13  # a call to read costs about as much as copying this many bytes
MOST_OPEN = 64  # files kept open by one reader; more cost descriptors and win nothing


class ShardReader:
    """An open shard: a file descriptor and its index, checked against the plan. Safe between threads and forks.

    Args:
        folder: of the set.
        plan: of the set.
        shard: one of the plan's.
        expected: what the manifest says of it; a shard with other digests is refused.

    Raises:
        StoreError: the file is missing, damaged, or another shard.
    """

    def __init__(self, folder: Path, plan: Plan, shard: Shard, expected: Finished | None = None) -> None:
        self.shard = shard
        self.path = folder / shard.path
        self._fd = -1
        hint = f"factorhub verify {folder} says more, factorhub repair {folder} makes it again"
        try:
            self._fd = open_plain(folder, shard.path)
        except TooManyFiles:
            raise
        except StoreError as error:
            raise StoreError(f"{error}; {hint}") from None
        try:
            self.index: Index = unpack(self._fd, plan, shard)
            if expected is not None and dict(self.index.digests) != dict(expected.digests):
                raise StoreError("its digests are not those of the manifest")
        except StoreError as error:
            self.close()
            raise StoreError(f"{self.path} is damaged or foreign: {error}; {hint}") from None
        self.chunks = self.index.chunks

    @property
    def descriptor(self) -> int:
        """The open file, for reading with `pread` while this reader is held."""
        return self._fd

    def finished(self) -> Finished:
        """What the shard says it holds."""
        return Finished(os.fstat(self._fd).st_size, self.index.digests, self.index.quality)

    def untouched(self) -> bool:
        """True when every byte of the file is as it was written."""
        return digest_of(self._fd, self.index.body) == self.index.digest

    def chunk(self, name: str, number: int, out: Array, rows: int | None = None, *, strict: bool = False) -> int:
        """Decode one chunk into the contiguous array `out` (chunk rows, …), which the caller may reuse.

        At least its first `rows` are decoded, all by default; how many were is returned. Where `strict`, what other readers
        of DEFLATE check is checked too.

        Raises:
            StoreError: the chunk does not decode.
        """
        chunks = self.chunks[name]
        offset, size = chunks.offsets[number], chunks.sizes[number]
        try:
            if chunks.codec.gzip:
                data = pread(self._fd, size, offset)
                _check(data, chunks.checks[number])
                if rows is not None and rows < chunks.rows:
                    return chunks.codec.decode_start(data, out, rows * chunks.row_bytes) // chunks.row_bytes
                chunks.codec.decode(data, out, strict=strict)
            elif strict:
                data = pread(self._fd, size, offset)
                _check(data, chunks.checks[number])
                chunks.codec.decode(data, out, strict=True)
            else:
                self._into(out, offset)
                end = pread(self._fd, chunks.codec.extra, offset + chunks.bytes)
                _check(out.data, chunks.checks[number], end)
                chunks.proved[number] = 1
            return chunks.rows
        except (StoreError, ValueError) as error:
            raise self._damaged(chunks, number, error) from None

    def row(self, name: str, row: int) -> Any:
        """One row of a raw column: a scalar, or a new array of the column's shape.

        It is read without the rest of its chunk, except for the first row that is asked of a chunk since the shard was
        opened: that one's whole chunk is compared with its check.

        Raises:
            StoreError: the chunk is not as it was written, or the file was cut since it was opened.
        """
        chunks = self.chunks[name]
        number, place = divmod(row, chunks.rows)
        offset = chunks.offsets[number] + place * chunks.row_bytes
        try:
            if not chunks.proved[number]:
                _check(pread(self._fd, chunks.sizes[number], chunks.offsets[number]), chunks.checks[number])
                chunks.proved[number] = 1
            if not chunks.shape:
                return np.frombuffer(pread(self._fd, chunks.row_bytes, offset), chunks.dtype)[0]
            out = np.empty(chunks.shape, chunks.dtype)
            self._into(out, offset)
            return out
        except StoreError as error:
            raise self._damaged(chunks, number, error) from None

    def _damaged(self, chunks: Chunks, number: int, error: Exception) -> StoreError:
        where = f"rows {number * chunks.rows} to {min((number + 1) * chunks.rows, len(self.shard)) - 1}"
        hint = "run factorhub verify, then factorhub repair, on its folder"
        return StoreError(f"{self.path} is damaged in {where} of column {chunks.column.name}: {error}; {hint}")

    def _into(self, out: Array, offset: int) -> None:
        """Fill `out` from the file at `offset`."""
        try:
            done = os.preadv(self._fd, [out.data], offset)
        except OSError as error:
            raise StoreError(f"the disk fails at byte {offset}: {error.strerror}") from None
        if done != out.nbytes:
            out.reshape(-1).view(np.uint8)[done:] = np.frombuffer(pread(self._fd, out.nbytes - done, offset + done), np.uint8)

    def close(self, close: Callable[[int], None] = os.close) -> None:
        """Close the file."""  # by a function held here, since modules may be gone when the interpreter ends
        descriptor, self._fd = self._fd, -1
        if descriptor >= 0:
            try:  # noqa: SIM105 # contextlib is gone when the interpreter ends
                close(descriptor)
            except OSError:  # nothing waits to be written
                pass

    def __del__(self) -> None:
        self.close()


def _check(data: Buffer, expected: int, end: bytes = b"") -> None:
    """Compare a chunk's stored bytes, `data` and then `end`, with their xxh3-64: far cheaper than checking what they inflate to."""
    if end:
        digest = xxhash.xxh3_64(data)
        digest.update(end)
        found = digest.intdigest()
    else:
        found = xxhash.xxh3_64_intdigest(data)
    if found != expected:
        raise StoreError("its bytes are not those that were written")


class OpenShards:
    """The open shards of a set: called with a number, gives that shard, opened now if it was not; `MOST_OPEN` stay open.

    No lock: two threads may open one shard twice, which costs a moment, and a fork finds no lock held.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder, self._manifest = folder, manifest
        self.open: dict[int, ShardReader] = {}

    def __call__(self, number: int) -> ShardReader:
        """The shard with this number.

        Raises:
            StoreError: it is missing, damaged, or not the one the manifest means.
        """
        found = self.open.get(number)
        if found is None:
            plan = self._manifest.plan
            wanted = self._folder, plan, plan.shards[number], self._manifest.finished[number]
            try:
                found = ShardReader(*wanted)
            except TooManyFiles:  # give back those that nobody reads, of this set and of others that were dropped
                self.open.clear()
                gc.collect()
                found = ShardReader(*wanted)
            self.open[number] = found
            while len(self.open) > MOST_OPEN:
                self.open.pop(next(iter(self.open.copy()), number), None)  # closed when its last user lets go
        return found
