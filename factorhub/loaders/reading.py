"""Reads the batches of a stream ahead of its consumer, on threads, into memory that is used again.

Blocks of a `BlockSource` (a set on disk) go straight to their places in a window, and batches are views of it. Rows of
any other source, and those of a full permutation, are asked for by number, a batch at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from factorhub.fields import Batch
from factorhub.loaders.epoch import Epoch, Grouping
from factorhub.loaders.memory import Pool, aligned
from factorhub.loaders.pixels import scaled
from factorhub.source import BlockSource, Column, Source

WINDOWS = 2  # read before they are needed


class Span(NamedTuple):
    """Where a batch stands: positions `start` … `stop` - 1 of an epoch."""

    epoch: Epoch
    batch: int
    start: int
    stop: int


class _Piece:
    """Positions `start` … `stop` - 1 of an epoch, being read."""

    def __init__(self, epoch: int, start: int, stop: int, reading: Sequence[Future[Any]], arrays: Batch | None = None) -> None:
        self.epoch, self.start, self.stop = epoch, start, stop
        self._reading, self._arrays = reading, arrays

    def arrays(self) -> Batch:
        """The columns, once they are read: those given, or what the one task returned."""
        results = [task.result() for task in self._reading]
        self._reading = ()
        if self._arrays is None:
            self._arrays = results[0]
        return self._arrays


_Parts: TypeAlias = list[tuple[_Piece, int, int]]  # of a batch: rows of pieces, the first and the one after the last


class Reading:
    """One pass over some columns of a source; close it when done.

    Args:
        source: the rows.
        columns: to read.
        grouping: of the epochs, or None where they have no windows.
        threads: that read.
        scale: names of the columns to scale to float32.
    """

    def __init__(
        self, source: Source, columns: Sequence[Column], grouping: Grouping | None, threads: int, scale: Sequence[str]
    ) -> None:
        self._source = source
        self._columns = {column.name: column for column in columns}
        self._names = list(self._columns)
        self._blocks = source if grouping is not None and isinstance(source, BlockSource) else None
        self._threads = threads
        self._scale = scale
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="factorhub-stream")
        self._window = min(grouping.window, len(source)) if grouping is not None else 0
        if self._blocks is not None:
            self._in_order = np.arange(self._window)
            self._memory = {column.name: Pool((self._window, *column.shape), column.dtype, WINDOWS + 2) for column in columns}

    def batches(self, spans: Iterable[Span], stride: int) -> Iterator[tuple[Span, Batch]]:
        """The batches at `spans`, whose starts lie `stride` positions apart, in new arrays or views that nobody else has."""
        depth = self._threads + 1 if self._blocks is None else -(-WINDOWS * self._window // stride)
        gathered = self._gathered(spans, depth)
        return self._scaled(gathered) if self._scale else gathered

    def close(self) -> None:
        """End the threads, after the block that each is reading; does not wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _gathered(self, spans: Iterable[Span], depth: int) -> Iterator[tuple[Span, Batch]]:
        """The batches, each planned when `depth` others are; what it needs is being read from then on."""
        waiting: deque[tuple[Span, _Parts]] = deque()
        piece: _Piece | None = None
        for span in spans:
            at, parts = span.start, []
            while at < span.stop:
                if piece is None or not piece.start <= at < piece.stop or piece.epoch != span.epoch.number:
                    piece = self._read(span) if self._blocks is None else self._deal(self._blocks, span.epoch, at)
                end = min(span.stop, piece.stop)
                parts.append((piece, at - piece.start, end - piece.start))
                at = end
            waiting.append((span, parts))
            del parts  # no name may hold a piece whose batches are given out
            if len(waiting) > depth:
                yield _joined(*waiting.popleft())
        while waiting:
            yield _joined(*waiting.popleft())

    def _scaled(self, batches: Iterable[tuple[Span, Batch]]) -> Iterator[tuple[Span, Batch]]:
        """The batches with some columns scaled, a few of them ahead."""

        def scale(batch: Batch) -> Batch:
            return {name: scaled(array, self._columns[name]) if name in self._scale else array for name, array in batch.items()}

        waiting: deque[tuple[Span, Future[Batch]]] = deque()
        for span, batch in batches:
            waiting.append((span, self._pool.submit(scale, batch)))
            if len(waiting) > self._threads:
                first, scaling = waiting.popleft()
                yield first, scaling.result()
        for first, scaling in waiting:
            yield first, scaling.result()

    def _read(self, span: Span) -> _Piece:
        """Start reading the rows of one batch by number."""
        rows = span.epoch.rows(span.start, span.stop)
        return _Piece(span.epoch.number, span.start, span.stop, [self._pool.submit(self._source.read, rows, self._names)])

    def _deal(self, source: BlockSource, epoch: Epoch, position: int) -> _Piece:
        """Start dealing the blocks of a window to their places, divided among the threads."""
        window = epoch.window(position)
        out = {name: memory.array() for name, memory in self._memory.items()}
        places = self._in_order[: window.stop - window.start] if window.places is None else window.places
        reading, done = [], 0
        share = -(-len(window.spans) // self._threads)
        for i in range(0, len(window.spans), share):
            spans = window.spans[i : i + share]
            count = sum(stop - first for first, stop in spans)
            reading.append(self._pool.submit(source.deal, spans, out, places[done : done + count]))
            done += count
        return _Piece(epoch.number, window.start, window.stop, reading, out)


def _joined(span: Span, parts: _Parts) -> tuple[Span, Batch]:
    """The batch that the parts make: views where it is all of one piece, else new arrays."""
    if len(parts) == 1:
        piece, start, stop = parts[0]
        return span, {name: array[start:stop] for name, array in piece.arrays().items()}
    found = [(piece.arrays(), start, stop) for piece, start, stop in parts]
    batch = {name: aligned((span.stop - span.start, *array.shape[1:]), array.dtype) for name, array in found[0][0].items()}
    for name, out in batch.items():
        np.concatenate([arrays[name][start:stop] for arrays, start, stop in found], out=out)
    return span, batch
