"""Deals neighbouring rows of a set to any places in memory: what a shuffled stream asks of a set.

A chunk is decoded into a small buffer that stays in the processor's cache, and its rows are copied from there to where
they belong. That costs a fifth less than decoding into a large window and gathering batches from it.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.storage.index import Chunks
from factorhub.storage.manifest import Plan
from factorhub.storage.shard import ShardReader

KEPT_BYTES = 1 << 26  # of chunks larger than what was asked of them, such as those of factor codes


class Dealer:
    """Deals the rows of a plan whose shards `shard` opens. Used by several threads at once, and never locked."""

    def __init__(self, plan: Plan, shard: Callable[[int], ShardReader]) -> None:
        self._shard = shard
        self._starts = [item.start for item in plan.shards]
        self._local = threading.local()
        self._kept: dict[tuple[int, str, int], Array] = {}

    def deal(self, start: int, stop: int, out: Batch, places: Array | None = None) -> None:
        """Put rows `start` … `stop` - 1 into `out[column][places]`, or into its first rows where no places are given."""
        done = 0
        while start < stop:
            number = bisect_right(self._starts, start) - 1
            shard = self._shard(number)
            first = start - self._starts[number]
            last = min(stop - self._starts[number], len(shard.shard))
            count = last - first
            for name, array in out.items():
                if places is None:
                    self._in_order(number, shard.chunks[name], first, last, array[done : done + count])
                else:
                    self._scatter(number, shard.chunks[name], first, last, array, places[done : done + count])
            start, done = start + count, done + count

    def _in_order(self, number: int, chunks: Chunks, first: int, last: int, out: Array) -> None:
        """Rows of one column of a shard, as they lie; whole chunks are decoded where they belong."""
        for chunk in range(first // chunks.rows, -(-last // chunks.rows)):
            start, stop = max(first, chunk * chunks.rows), min(last, (chunk + 1) * chunks.rows)
            here = out[start - first : stop - first]
            if stop - start == chunks.rows:
                self._shard(number).chunk(chunks.column.name, chunk, here)
            else:
                here[...] = self._rows(number, chunks, chunk, start, stop)

    def _scatter(self, number: int, chunks: Chunks, first: int, last: int, out: Array, places: Array) -> None:
        """Rows of one column of a shard, each to its place."""
        for chunk in range(first // chunks.rows, -(-last // chunks.rows)):
            start, stop = max(first, chunk * chunks.rows), min(last, (chunk + 1) * chunks.rows)
            out[places[start - first : stop - first]] = self._rows(number, chunks, chunk, start, stop)

    def _rows(self, number: int, chunks: Chunks, chunk: int, start: int, stop: int) -> Array:
        """Rows `start` … `stop` - 1 of a chunk, valid until this thread asks again."""
        offset = chunk * chunks.rows
        if stop - start < chunks.rows:
            return self._keep(number, chunks, chunk)[start - offset : stop - offset]
        buffer: Array | None = getattr(self._local, "buffer", None)
        if buffer is None or buffer.size < chunks.bytes:
            buffer = self._local.buffer = np.empty(chunks.bytes, np.uint8)
        rows = buffer[: chunks.bytes].view(chunks.column.dtype).reshape(chunks.rows, *chunks.column.shape)
        self._shard(number).chunk(chunks.column.name, chunk, rows)
        return rows

    def _keep(self, number: int, chunks: Chunks, chunk: int) -> Array:
        """A whole chunk that holds more than was asked for, decoded anew only when it was not asked for lately."""
        key = (number, chunks.column.name, chunk)
        found = self._kept.get(key)
        if found is None:
            found = np.empty((chunks.rows, *chunks.column.shape), chunks.column.dtype)
            self._shard(number).chunk(chunks.column.name, chunk, found)
            self._kept[key] = found
            # every step is atomic, so that no lock is needed, which a fork could find held
            while sum(kept.nbytes for kept in list(self._kept.values())) > KEPT_BYTES:
                self._kept.pop(next(iter(list(self._kept))), None)
        return found
