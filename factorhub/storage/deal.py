"""Deals neighbouring rows of a set to any places in memory: what a shuffled stream asks of a set.

A chunk is inflated into a small buffer that stays in the processor's cache, and its rows are copied from there to where
they belong, many chunks in one compiled call that holds no lock. Large targets, which the cache would not hold anyway,
are written past it: that saves reading what is overwritten.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

import numpy as np
import xxhash

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.storage.codec import HEADER, TRAILER
from factorhub.storage.index import Chunks
from factorhub.storage.manifest import Plan
from factorhub.storage.shard import ShardReader

KEPT_BYTES = 1 << 27  # of chunks larger than what was asked of them, such as those of factor codes
CACHED_BYTES = 1 << 23  # targets above this are written past the cache
LANES = 32  # bytes that are stored at once
FLAT_RUNS, FLAT = 24, 96  # chunks that shrink more than this are inflated here, others by libdeflate
Part: TypeAlias = tuple[int, int, int, int]  # number of a shard, first row in it, row after the last, place among all rows


class Dealer:
    """Deals the rows of a plan whose shards `shard` opens. Used by several threads at once, and never locked."""

    def __init__(self, plan: Plan, shard: Callable[[int], ShardReader]) -> None:
        self._plan = plan
        self._shard = shard
        self._starts = [item.start for item in plan.shards]
        self._local = threading.local()
        self._kept: dict[tuple[int, str, int], Array] = {}

    def deal(self, spans: Sequence[tuple[int, int]], out: Batch, places: Array) -> None:
        """Put the rows of all `spans`, one after another, into `out[column][places]`."""
        parts = list(self._parts(spans))
        longest = max((stop - first for first, stop in spans), default=0)
        for name, array in out.items():
            if self._plan.layouts[name].chunk_rows > longest:
                self._gather(name, parts, array, places)
            else:
                self._scatter(name, parts, array, places)

    def _parts(self, spans: Sequence[tuple[int, int]]) -> Iterator[Part]:
        """The spans, cut where shards end."""
        at = 0
        for start, stop in spans:
            while start < stop:
                number = bisect_right(self._starts, start) - 1
                shard = self._plan.shards[number]
                end = min(stop, shard.stop)
                yield (number, start - shard.start, end - shard.start, at)
                start, at = end, at + end - start

    def _scatter(self, name: str, parts: Sequence[Part], out: Array, places: Array) -> None:
        """Rows of a column whose chunks are wanted whole, or nearly so."""
        from factorhub.storage.scatter import scatter

        row = self._plan.column(name).row_bytes
        flat = out.reshape(-1).view(np.uint8)
        past_cache = out.nbytes > CACHED_BYTES and row % LANES == 0 and out.__array_interface__["data"][0] % LANES == 0
        for number, group in groupby(parts, lambda part: part[0]):
            shard = self._shard(number)
            chunks = shard.chunks[name]
            pieces = _pieces(chunks, group)
            done = self._inflate(shard, chunks, pieces, flat, places, past_cache)
            for chunk, first, stop, at in pieces[done:]:
                scratch = self._buffer("scratch", chunks.bytes)[: chunks.bytes]
                shard.chunk(name, chunk, scratch.view(chunks.dtype).reshape(chunks.rows, *chunks.shape))
                scatter(scratch, first, flat, places[at : at + stop - first], row, past_cache)

    def _inflate(
        self, shard: ShardReader, chunks: Chunks, pieces: Sequence[Part], out: Array, places: Array, past_cache: bool
    ) -> int:
        """Deal chunks that shrank much, all in one call: how many were, up to the first that is damaged."""
        from factorhub.storage.scatter import PAD, SLACK, deal

        sizes = [chunks.sizes[piece[0]] for piece in pieces]
        total = sum(sizes)
        shrunk = FLAT_RUNS if chunks.codec.encoder == "runs" else FLAT
        if total * shrunk > len(pieces) * chunks.bytes or chunks.codec.shuffle or not chunks.codec.gzip:
            return 0
        stored = self._buffer("stored", total + PAD)
        view, checks, end = stored.data, chunks.checks, 0
        ends: list[int] = []
        for (first, last), length in _together(chunks, pieces, sizes):
            if not shard.fill(view[end : end + length], chunks.offsets[pieces[first][0]]):
                break
            for i in range(first, last):
                start, end = end, end + sizes[i]
                if xxhash.xxh3_64_intdigest(view[start:end]) != checks[pieces[i][0]]:
                    break
                ends.append(end)
            if len(ends) < last:
                break
        fits = len(ends)
        if fits == 0:
            return 0
        stops = np.array(ends, np.int64)
        table = np.array(pieces[:fits], np.int64)
        counts = table[:, 2] - table[:, 1]
        at = pieces[0][3]
        failed = deal(
            stored, stops - np.array(sizes[:fits], np.int64) + HEADER, stops - TRAILER, chunks.bytes,
            self._buffer("scratch", chunks.bytes + SLACK), table[:, 1].copy(), counts,
            out, places[at : at + int(counts.sum())], chunks.row_bytes, past_cache,
        )  # fmt: skip
        return fits if failed < 0 else int(failed)

    def _gather(self, name: str, parts: Sequence[Part], out: Array, places: Array) -> None:
        """Rows of a column whose chunks hold many more than are wanted now, and so are kept."""
        for number, group in groupby(parts, lambda part: part[0]):
            chunks = self._shard(number).chunks[name]
            here = list(group)
            rows = np.concatenate([np.arange(part[1], part[2]) for part in here])
            of = rows // chunks.rows
            bounds = [0, *(np.flatnonzero(of[1:] != of[:-1]) + 1).tolist(), len(rows)]
            for start, stop in pairwise(bounds):
                chunk = int(of[start])
                local = rows[start:stop] - chunk * chunks.rows
                at = here[0][3]
                out[places[at + start : at + stop]] = self._keep(number, chunks, chunk)[local]

    def _keep(self, number: int, chunks: Chunks, chunk: int) -> Array:
        """A whole chunk, decoded anew only when it was not asked for lately."""
        key = (number, chunks.column.name, chunk)
        found = self._kept.get(key)
        if found is None:
            found = np.empty((chunks.rows, *chunks.column.shape), chunks.column.dtype)
            self._shard(number).chunk(chunks.column.name, chunk, found)
            self._kept[key] = found
            # every step is atomic, so that no lock is needed, which a fork could find held
            while sum(kept.nbytes for kept in list(self._kept.values())) > KEPT_BYTES:
                self._kept.pop(next(iter(list(self._kept)), key), None)
        return found

    def _buffer(self, name: str, size: int) -> Array:
        """At least `size` bytes of this thread's own, the same at every call: fresh memory costs more than inflating."""
        buffer: Array | None = getattr(self._local, name, None)
        if buffer is None or buffer.size < size:
            buffer = np.empty(size, np.uint8)
            setattr(self._local, name, buffer)
        return buffer


def _pieces(chunks: Chunks, parts: Iterable[Part]) -> list[Part]:
    """The parts of one shard, cut where chunks end: number of the chunk, first row in it, row after the last, place."""
    pieces = []
    rows = chunks.rows
    for _, first, stop, at in parts:
        while first < stop:
            chunk, inside = divmod(first, rows)
            end = min(inside + stop - first, rows)
            pieces.append((chunk, inside, end, at))
            first, at = first + end - inside, at + end - inside
    return pieces


def _together(chunks: Chunks, pieces: Sequence[Part], sizes: Sequence[int]) -> Iterator[tuple[tuple[int, int], int]]:
    """Pieces whose stored bytes lie one after another in the file, to be read at once: which, and how many bytes."""
    first, length = 0, 0
    for i, piece in enumerate(pieces):
        if i > first and chunks.offsets[piece[0]] != chunks.offsets[pieces[first][0]] + length:
            yield (first, i), length
            first, length = i, 0
        length += sizes[i]
    if pieces:
        yield (first, len(pieces)), length
