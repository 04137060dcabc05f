"""Deals neighbouring rows of a set to any places in memory: what a shuffled stream asks of a set.

A chunk is inflated into a small buffer that stays in the processor's cache, and its rows are copied from there to where
they belong, many chunks in one compiled call that holds no lock. Large targets, which the cache would not hold anyway,
are written past it: that saves reading what is overwritten.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeAlias

import numpy as np
import xxhash

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.storage.codecs.codec import HEADER, TRAILER
from factorhub.storage.index import Chunks
from factorhub.storage.manifest import Plan
from factorhub.storage.shard import ShardReader

KEPT_BYTES = 3 << 25  # of chunks larger than what was asked of them, such as those of factor codes
CACHED_BYTES = 1 << 23  # targets above this are written past the cache
LANES = 32  # bytes that are stored at once
FLAT_RUNS, FLAT = 24, 96  # chunks that shrink more than this are inflated here, others by libdeflate
Part: TypeAlias = tuple[int, int, int, int]  # number of a shard, first row in it, row after the last, place among all rows


_prepared = False  # until the compiled code is loaded, chunks are dealt with NumPy
_maker: subprocess.Popen[bytes] | None = None  # another process that compiles it, where it is not kept yet
MAKE = "import sys; sys.path[:] = sys.argv[1:]; from factorhub.storage.window_reader import load; load()"


def load() -> None:
    """Load the compiled code: a third of a second where it is kept on disk, some 4 s of compiling where it is not."""
    global _prepared
    from factorhub.storage.codecs.scatter import deal, read, scatter

    none, nowhere = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    read(none, none, none, nowhere)
    deal(nowhere, none, none, none, nowhere, none, none, nowhere, none, 1, False)
    scatter(nowhere, 0, nowhere, none, 1, False)
    _prepared = True


def prepare() -> bool:
    """Whether the compiled code is loaded now. Where it is not kept yet, another process compiles it meanwhile.

    Compiling here would hold the interpreter, and with it the stream, for seconds. Not from a thread that reads: a fork
    meanwhile would find locks of numba's held.
    """
    global _maker
    if _prepared:
        return True
    if _maker is None:
        from factorhub.numerics.compiled import NotKept, kept_only

        try:
            with kept_only():
                load()
        except NotKept:
            quiet = subprocess.DEVNULL
            _maker = subprocess.Popen([sys.executable, "-c", MAKE, *sys.path], stdin=quiet, stdout=quiet, stderr=quiet)
            atexit.register(_stop, _maker, os.getpid())
    elif _maker.poll() is not None:
        load()  # what the other process kept, or, where nothing can be kept, compiled here after all
    return _prepared


def _stop(maker: subprocess.Popen[bytes], owner: int) -> None:
    """End a process that compiles for one that is ending; one that was forked off leaves it alone."""
    if os.getpid() == owner and maker.poll() is None:
        maker.kill()
        maker.wait()


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
        kept = [name for name in out if self._plan.layouts[name].chunk_rows > longest]
        self._gather(kept, parts, out, places)
        for name in out.keys() - set(kept):
            self._scatter(name, parts, out[name], places)

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
        row = self._plan.column(name).row_bytes
        flat = out.reshape(-1).view(np.uint8)
        past_cache = out.nbytes > CACHED_BYTES and row % LANES == 0 and out.__array_interface__["data"][0] % LANES == 0
        pieces = self._pieces(name, parts)
        compiled = _prepared
        done = self._inflate(name, pieces, flat, places, past_cache) if compiled else 0
        for number, chunk, first, stop, at in pieces[done:].tolist():
            shard = self._shard(number)
            chunks = shard.chunks[name]
            scratch = self._buffer("scratch", chunks.bytes)[: chunks.bytes]
            rows, there = scratch.view(chunks.dtype).reshape(chunks.rows, *chunks.shape), places[at : at + stop - first]
            shard.chunk(name, chunk, rows)
            if compiled:
                from factorhub.storage.codecs.scatter import scatter

                scatter(scratch, first, flat, there, row, past_cache)
            else:
                out[there] = rows[first:stop]

    def _pieces(self, name: str, parts: Sequence[Part]) -> Array:
        """The parts cut where chunks end (n, 5): shard, chunk, first row in it, row after the last, place among all rows."""
        rows = self._plan.layouts[name].chunk_rows
        shards, starts, stops, ats = np.array(parts, np.int64).T
        first = starts // rows
        counts = (stops - 1) // rows - first + 1
        part = np.repeat(np.arange(len(parts)), counts)
        chunk = np.arange(len(part)) - (np.cumsum(counts) - counts - first)[part]
        inside = np.maximum(starts[part] - chunk * rows, 0)
        end = np.minimum(stops[part] - chunk * rows, rows)
        return np.stack([shards[part], chunk, inside, end, ats[part] + chunk * rows + inside - starts[part]], axis=1)

    def _inflate(self, name: str, pieces: Array, out: Array, places: Array, past_cache: bool) -> int:
        """Deal chunks that shrank much, all in one call: how many were, up to the first that is damaged."""
        from factorhub.storage.codecs.scatter import PAD, SLACK, deal, read

        codec = self._plan.layouts[name].codec
        shards = {number: self._shard(number) for number in dict.fromkeys(pieces[:, 0].tolist())}
        all_chunks = [shards[number].chunks[name] for number in pieces[:, 0].tolist()]
        numbers = pieces[:, 1].tolist()
        offsets, sizes = np.stack([chunks.places[i] for chunks, i in zip(all_chunks, numbers, strict=True)], axis=1)
        inflated = np.array([chunks.bytes for chunks in all_chunks], np.int64)
        total = int(sizes.sum())
        if not codec.gzip or codec.shuffle or total * (FLAT_RUNS if codec.encoder == "runs" else FLAT) > inflated.sum():
            return 0
        stored = self._buffer("stored", total + PAD)
        descriptors = np.array([shards[number].descriptor for number in pieces[:, 0].tolist()], np.int64)
        came = read(descriptors, offsets, sizes, stored)
        ends = np.cumsum(sizes)
        view, start = stored.data, 0
        for i, end in enumerate(ends[:came].tolist()):
            if xxhash.xxh3_64_intdigest(view[start:end]) != all_chunks[i].checks[numbers[i]]:
                came = i
                break
            start = end
        firsts = np.ascontiguousarray(pieces[:came, 2])
        scratch = self._buffer("scratch", int(inflated.max()) + SLACK)
        failed = deal(
            stored, (ends - sizes)[:came] + HEADER, ends[:came] - TRAILER, inflated, scratch, firsts, pieces[:came, 3] - firsts,
            out, places, self._plan.column(name).row_bytes, past_cache,
        )  # fmt: skip
        return int(came if failed < 0 else failed)

    def _gather(self, names: Sequence[str], parts: Sequence[Part], out: Batch, places: Array) -> None:
        """Rows of columns whose chunks hold many more than are wanted now, and so are kept."""
        for number, group in groupby(parts, lambda part: part[0]):
            here = list(group)
            at = here[0][3]
            rows = np.concatenate([np.arange(first, stop) for _, first, stop, _ in here])
            every = self._shard(number).chunks
            for size in sorted({every[name].rows for name in names}):
                of = rows // size
                bounds = [0, *(np.flatnonzero(of[1:] != of[:-1]) + 1).tolist(), len(rows)]
                spans = [(int(of[a]), rows[a:b] % size, places[at + a : at + b]) for a, b in pairwise(bounds)]
                for name in [name for name in names if every[name].rows == size]:
                    for chunk, local, there in spans:
                        out[name][there] = self._keep(number, every[name], chunk)[local]

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
