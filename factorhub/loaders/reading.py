"""Reads the batches of a stream ahead of its consumer, on threads, into memory that is used again.

Blocks of a `BlockSource` (a set on disk) go straight to their places in a window, and batches are views of it. Rows of
any other source, and those of a full permutation, are asked for by number, a batch at a time.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from factorhub.factors import Array
from factorhub.fields import Batch
from factorhub.loaders.epoch import Epoch, Grouping
from factorhub.loaders.memory import Pool
from factorhub.loaders.remainder import Runs
from factorhub.source import BlockSource, Column, Source

WINDOWS = 2  # read before they are needed


class Span(NamedTuple):
    """Where a batch stands: the positions of an epoch that it is made of, nearly always one run of them."""

    epoch: Epoch
    batch: int
    runs: Runs

    def positions(self) -> Array:
        """The positions (n,), int64."""
        return np.concatenate([np.arange(start, stop) for start, stop in self.runs])


class _Piece:
    """Positions `start` … `stop` - 1 of an epoch, being read."""

    def __init__(self, epoch: int, start: int, stop: int, reading: Future[Any], arrays: Batch | None = None) -> None:
        self.epoch, self.start, self.stop = epoch, start, stop
        self._reading: Future[Any] | None = reading
        self._arrays = arrays

    def arrays(self) -> Batch:
        """The columns, once they are read: those given, or what the task returned."""
        task = self._reading
        if task is not None:
            found = task.result()
            self._arrays = found if self._arrays is None else self._arrays
            self._reading = None
        assert self._arrays is not None
        return self._arrays


_Parts: TypeAlias = list[tuple[_Piece, int, int]]  # of a batch: rows of pieces, the first and the one after the last


class Reading:
    """One pass over some columns of a source; close it when done.

    Args:
        source: the rows.
        columns: to read.
        grouping: of the epochs, or None where they have no windows.
        threads: that read.
        finish: what to do to each batch on a thread.
    """

    def __init__(
        self,
        source: Source,
        columns: Sequence[Column],
        grouping: Grouping | None,
        threads: int,
        finish: Callable[[Span, Batch], Batch] | None = None,
    ) -> None:
        self._source = source
        self._names = [column.name for column in columns]
        self._blocks = source if grouping is not None and isinstance(source, BlockSource) else None
        self._threads = threads
        self._finish = finish
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="factorhub-stream")
        self._window = min(grouping.window, len(source)) if grouping is not None else 0
        self._whole: dict[tuple[str, int], Pool] = {}
        if self._blocks is not None:
            self._memory = {column.name: Pool((self._window, *column.shape), column.dtype, WINDOWS + 2) for column in columns}

    def batches(self, spans: Iterable[Span], stride: int) -> Iterator[tuple[Span, Batch]]:
        """The batches at `spans`, which lie `stride` positions apart, in new arrays or views that nobody else has."""
        depth = self._threads + 1 if self._blocks is None else -(-WINDOWS * self._window // stride)
        gathered = self._gathered(spans, depth)
        return gathered if self._finish is None else self._finished(gathered, self._finish)

    def close(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        """End the threads, after the window that each is reading; does not wait."""
        if not ending():  # when the interpreter ends it has ended them, and modules are gone
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _gathered(self, spans: Iterable[Span], depth: int) -> Iterator[tuple[Span, Batch]]:
        """The batches, each planned when `depth` others are; what it needs is being read from then on."""
        waiting: deque[tuple[Span, _Parts | Future[Batch]]] = deque()
        piece: _Piece | None = None
        begun = False
        for span in spans:
            parts: _Parts = []
            if self._blocks is None:
                piece = self._read(span)
                parts.append((piece, 0, piece.stop))
            else:
                for at, stop in span.runs:
                    while at < stop:
                        if piece is None or not piece.start <= at < piece.stop or piece.epoch != span.epoch.number:
                            piece = self._deal(self._blocks, span.epoch, at)
                        end = min(stop, piece.stop)
                        parts.append((piece, at - piece.start, end - piece.start))
                        at = end
            # what lies in several windows is joined on a thread, which the windows' own tasks have been given before
            waiting.append((span, parts if len(parts) == 1 else self._pool.submit(self._joined, parts)))
            del parts  # no name may hold a piece whose batches are given out
            if len(waiting) > depth or not begun:  # the first one alone, so that it comes soonest
                begun = True
                yield _made(*waiting.popleft())
        while waiting:
            yield _made(*waiting.popleft())

    def _finished(
        self, batches: Iterable[tuple[Span, Batch]], finish: Callable[[Span, Batch], Batch]
    ) -> Iterator[tuple[Span, Batch]]:
        """The batches finished, a few of them ahead."""
        waiting: deque[tuple[Span, Future[Batch]]] = deque()
        for span, batch in batches:
            waiting.append((span, self._pool.submit(finish, span, batch)))
            if len(waiting) > self._threads:
                first, finishing = waiting.popleft()
                yield first, finishing.result()
        for first, finishing in waiting:
            yield first, finishing.result()

    def _joined(self, parts: _Parts) -> Batch:
        """A batch in memory of its own, from parts of several pieces."""
        rows = sum(stop - start for _, start, stop in parts)
        found = [(piece.arrays(), start, stop) for piece, start, stop in parts]
        batch = {}
        for name, array in found[0][0].items():
            memory = self._whole.get((name, rows))
            if memory is None:
                memory = self._whole[name, rows] = Pool((rows, *array.shape[1:]), array.dtype, self._threads + 2)
            batch[name] = memory.array()
            np.concatenate([arrays[name][start:stop] for arrays, start, stop in found], out=batch[name])
        return batch

    def _read(self, span: Span) -> _Piece:
        """Start reading the rows of one batch by number."""
        rows = np.concatenate([span.epoch.rows(start, stop) for start, stop in span.runs])
        return _Piece(span.epoch.number, 0, len(rows), self._pool.submit(self._source.read, rows, self._names))

    def _deal(self, source: BlockSource, epoch: Epoch, position: int) -> _Piece:
        """Start dealing the blocks of a window to their places: one task, for each costs a moment in which others wait."""
        window = epoch.window(position)
        out = {name: memory.array() for name, memory in self._memory.items()}
        task = self._pool.submit(lambda: source.deal(window.spans, out, window.places()))
        return _Piece(epoch.number, window.start, window.stop, task, out)


def _made(span: Span, found: _Parts | Future[Batch]) -> tuple[Span, Batch]:
    """A batch once it is there: views of the piece it is all of, or what was joined."""
    if isinstance(found, Future):
        return span, found.result()
    piece, start, stop = found[0]
    return span, {name: array[start:stop] for name, array in piece.arrays().items()}
