"""Reads the batches of a stream ahead of its consumer, on threads, into memory that is used again.

Blocks of a `BlockSource` (a set on disk) go straight to their places in a window, and batches are views of it. Rows of
any other source, and those of a full permutation, are asked for by number, a batch at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np

from factorhub.fields import Batch
from factorhub.loaders.epoch import Epoch
from factorhub.loaders.memory import Pool, aligned
from factorhub.loaders.pixels import scaled
from factorhub.source import BlockSource, Column, Source

T = TypeVar("T")
WINDOWS = 2  # read before they are needed


class Span(NamedTuple):
    """Where a batch stands: positions `start` … `stop` - 1 of an epoch."""

    epoch: Epoch
    batch: int
    start: int
    stop: int


class _Piece(NamedTuple):
    """Positions `start` … `stop` - 1 of an epoch; `arrays` waits until they are read."""

    epoch: int
    start: int
    stop: int
    arrays: Callable[[], Batch]


class _Plan(NamedTuple):
    """A batch as parts of pieces: each with the first row and the row after the last."""

    span: Span
    parts: list[tuple[_Piece, int, int]]


class Reading:
    """One pass over some columns of a source; close it when done.

    Args:
        source: the rows.
        columns: to read.
        window: rows of a window.
        by_blocks: the epochs have windows of blocks, and the source deals them.
        threads: that read.
        scale: names of the columns to scale to float32.
    """

    def __init__(
        self, source: Source, columns: Sequence[Column], window: int, by_blocks: bool, threads: int, scale: Sequence[str]
    ) -> None:
        self._source = source
        self._columns = {column.name: column for column in columns}
        self._window = window
        self._blocks = source if by_blocks and isinstance(source, BlockSource) else None
        self._threads = threads
        self._scale = scale
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="factorhub-stream")
        rows = min(window, len(source)) if self._blocks is not None else 0
        self._memory = {column.name: Pool((rows, *column.shape), column.dtype, WINDOWS + 2) for column in columns}

    def batches(self, spans: Iterable[Span], stride: int) -> Iterator[tuple[Span, Batch]]:
        """The batches at `spans`, whose starts lie `stride` positions apart, in new arrays or views that nobody else has."""
        depth = -(-WINDOWS * self._window // stride) if self._blocks is not None else self._threads + 1
        gathered = (self._gather(plan) for plan in _ahead(self._plans(spans), depth))
        if not self._scale:
            return gathered
        scaling = ((span, self._pool.submit(self._scaled, batch)) for span, batch in gathered)
        return ((span, future.result()) for span, future in _ahead(scaling, self._threads))

    def close(self) -> None:
        """End the threads, after the block that each is reading; does not wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _plans(self, spans: Iterable[Span]) -> Iterator[_Plan]:
        """The batches in parts; what a part needs is being read from the moment it is planned."""
        piece: _Piece | None = None
        for span in spans:
            at, parts = span.start, []
            while at < span.stop:
                if piece is None or piece.epoch != span.epoch.number or not piece.start <= at < piece.stop:
                    piece = self._read(span) if self._blocks is None else self._deal(self._blocks, span.epoch, at)
                end = min(span.stop, piece.stop)
                parts.append((piece, at - piece.start, end - piece.start))
                at = end
            yield _Plan(span, parts)

    def _read(self, span: Span) -> _Piece:
        """Start reading the rows of one batch by number."""
        rows = span.epoch.rows(span.start, span.stop)
        return _Piece(
            span.epoch.number, span.start, span.stop, self._pool.submit(self._source.read, rows, list(self._columns)).result
        )

    def _deal(self, source: BlockSource, epoch: Epoch, position: int) -> _Piece:
        """Start dealing the blocks of a window to their places, divided among the threads."""
        window = epoch.window(position)
        out = {name: memory.array()[: window.stop - window.start] for name, memory in self._memory.items()}
        tasks: list[list[tuple[int, int, slice]]] = [[] for _ in range(self._threads)]
        place = 0
        for i, (first, stop) in enumerate(window.spans):
            tasks[i % self._threads].append((first, stop, slice(place, place + stop - first)))
            place += stop - first

        def deal(task: list[tuple[int, int, slice]]) -> None:
            for first, stop, here in task:
                source.deal(first, stop, out, None if window.places is None else window.places[here])

        futures = [self._pool.submit(deal, task) for task in tasks if task]
        return _Piece(epoch.number, window.start, window.stop, lambda: _when_done(futures, out))

    def _gather(self, plan: _Plan) -> tuple[Span, Batch]:
        found = [(piece.arrays(), start, stop) for piece, start, stop in plan.parts]
        if len(found) == 1:
            arrays, start, stop = found[0]
            return plan.span, {name: array[start:stop] for name, array in arrays.items()}
        rows = plan.span.stop - plan.span.start
        batch = {name: aligned((rows, *array.shape[1:]), array.dtype) for name, array in found[0][0].items()}
        for name, out in batch.items():
            np.concatenate([arrays[name][start:stop] for arrays, start, stop in found], out=out)
        return plan.span, batch

    def _scaled(self, batch: Batch) -> Batch:
        return {name: scaled(array, self._columns[name]) if name in self._scale else array for name, array in batch.items()}


def _when_done(futures: Sequence[Future[None]], out: Batch) -> Batch:
    for future in futures:
        future.result()
    return out


def _ahead(items: Iterable[T], depth: int) -> Iterator[T]:
    """The items in order, each drawn when `depth` others still wait, so that work begins before its result is needed."""
    waiting: deque[T] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > depth:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()
