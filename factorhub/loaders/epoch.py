"""Which rows come when: the order of an epoch as arithmetic on (seed, epoch), with nothing stored and nothing read.

A shuffled epoch is dealt in three strokes, so that what lies together on disk is read together once. The rows are cut
into *segments* (as large as a shard); these come in random order, and 32 of them make an *area*. The *blocks* of an
area (as large as a chunk) come in random order, and as many as are asked for make a *window*. The rows of a window are
permuted. A row so travels over its whole area, which is all of a set below about 8 GiB of rows, or 64 MiB of codes and
values (these are kept in memory meanwhile); rows of one block always meet in one window. `shuffle="blocks"` leaves out
the last stroke: small blocks stay whole. `shuffle="full"` is a permutation of all rows instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from factorhub import randomness
from factorhub.factors import Array
from factorhub.order import Permutation, power_of_two
from factorhub.source import Column

Shuffle: TypeAlias = Literal["blocks", "full"] | bool
AREA = 32  # segments
SEGMENT_BYTES = 1 << 28  # of all columns: that of a shard of default size
CHUNK_BYTES = 1 << 18
LOOSE_BYTES = 1 << 21  # of a segment's columns of small rows, whose chunks hold many blocks: an area has 64 MiB of them
WINDOW_BYTES = 1 << 24  # of all observations
BLOCK_BYTES = 1 << 20  # of the largest observation; a quarter of it where blocks are small: that of a chunk
MOST_BLOCK_ROWS = 1 << 12


@dataclass(frozen=True)
class Grouping:
    """How many rows make a block, a window and a segment; each but the last of a set is a multiple of the one before."""

    block: int
    window: int
    segment: int


def grouping(columns: Iterable[Column], shuffle: Shuffle, *, natural: bool, window: int | None = None) -> Grouping:
    """The grouping for rows of these columns: a pure function of them, so that it never depends on files or workers.

    Args:
        columns: of the source, whatever of them is loaded.
        shuffle: for "blocks", blocks are a quarter as large.
        natural: the rows lie in grid order, so that neighbours are alike: blocks are a quarter as large, and windows,
            unless a size is asked for, four times as large.
        window: rows of a window, rounded up to whole blocks; 16 MiB of observations by default.
    """
    columns = tuple(columns)
    largest = max((column.row_bytes for column in columns if column.role == "observation"), default=1)
    small = natural or shuffle == "blocks"
    block = min(power_of_two((BLOCK_BYTES >> 2 * small) // max(largest, 1)), MOST_BLOCK_ROWS)
    seen = sum(column.row_bytes for column in columns if column.role == "observation")
    wanted = min((64 if small else 16) * block, max(WINDOW_BYTES // max(seen, 1), 1)) << 2 * natural
    blocks = -(-(wanted if window is None else window) // block)
    total = sum(column.row_bytes for column in columns)
    loose = sum(c.row_bytes for c in columns if c.role != "observation" or c.row_bytes * MOST_BLOCK_ROWS < CHUNK_BYTES)
    rows = min(SEGMENT_BYTES / max(total, 1), LOOSE_BYTES / max(loose, 1))
    segment = 1 << min(round(math.log2(max(rows, 1.0))), 20)
    return Grouping(block, block * blocks, max(segment, block))


@dataclass(frozen=True)
class Window:
    """Positions `start` … `stop` - 1 of an epoch, whose rows are mixed with one another.

    Attributes:
        start: the first position.
        stop: the position after the last.
        spans: the rows, as runs of neighbours: first row and row after the last.
        mixing: seed and stream of the permutation of the rows; None where they stay as they lie.
    """

    start: int
    stop: int
    spans: tuple[tuple[int, int], ...]
    mixing: tuple[int, str] | None

    def __len__(self) -> int:
        return self.stop - self.start

    def places(self) -> Array:
        """Where in the window each row of the spans goes (stop - start,), int64."""
        if self.mixing is None:
            return np.arange(len(self))
        return randomness.permutation(*self.mixing, self.start, len(self))

    def rows(self) -> Array:
        """The rows in the order of the epoch, int64."""
        rows = np.empty(len(self), np.int64)
        rows[self.places()] = np.concatenate([np.arange(first, stop) for first, stop in self.spans])
        return rows


@dataclass(frozen=True)
class Epoch:
    """The order of one epoch: which row stands at which position.

    Attributes:
        length: number of rows.
        number: of the epoch.
        seed: the same for all epochs.
        shuffle: False leaves the rows as they lie; True and "blocks" deal them as the module says; "full" permutes them all.
        grouping: sizes of blocks, windows and segments.
    """

    length: int
    number: int
    seed: int
    shuffle: Shuffle
    grouping: Grouping

    def rows(self, start: int, stop: int) -> Array:
        """The rows at positions `start` … `stop` - 1, int64."""
        if self.shuffle == "full":
            return _full(self).forward(np.arange(start, stop))
        parts = []
        while start < stop:
            window = self.window(start)
            end = min(stop, window.stop)
            parts.append(_rows(window)[start - window.start : end - window.start])
            start = end
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def window(self, position: int) -> Window:
        """The window that holds a position. "full" has none."""
        if self.shuffle is False:
            start = position - position % self.grouping.window
            stop = min(start + self.grouping.window, self.length)
            block = self.grouping.block
            return Window(start, stop, tuple((at, min(at + block, stop)) for at in range(start, stop, block)), None)
        area = _area_of(self, position)
        block = self.grouping.block
        number, start, stop = _group(
            position - area.start, area.stop - area.start, block, self.grouping.window // block, area.short
        )
        return _window(self, area, number, area.start + start, area.start + stop)

    def words(self, name: str) -> str:
        """The name of the random words for one stroke of this epoch's shuffle."""
        return f"loaders/{self.number}/{name}"


@dataclass(frozen=True, eq=False)
class _Area:
    """Positions `start` … `stop` - 1: the segments they come from, the order of their blocks, and the last one's place in it."""

    start: int
    stop: int
    segments: Array
    blocks: Array
    short: int


@lru_cache(maxsize=4)
def _rows(window: Window) -> Array:
    return window.rows()


@lru_cache(maxsize=4)
def _full(epoch: Epoch) -> Permutation:
    return Permutation(epoch.length, int(randomness.words(epoch.seed, epoch.words("full"), 0, 1)[0]))


@lru_cache(maxsize=4)
def _segments(epoch: Epoch, count: int) -> tuple[Permutation, int]:
    """The order of the segments, and where the last of them stands, which may be short."""
    order = Permutation(count, int(randomness.words(epoch.seed, epoch.words("segments"), 0, 1)[0]))
    return order, int(order.inverse(count - 1))


def _area_of(epoch: Epoch, position: int) -> _Area:
    size, segment = epoch.length, epoch.grouping.segment
    count = -(-size // segment)
    if count <= AREA:  # the usual case, which needs no order of segments
        return _area(epoch, 0, size, 0, count)
    number, start, stop = _group(position, size, segment, AREA, _segments(epoch, count)[1])
    return _area(epoch, start, stop, number, count)


@lru_cache(maxsize=4)
def _area(epoch: Epoch, start: int, stop: int, number: int, count: int) -> _Area:
    segments = np.arange(count)
    if count > AREA:
        members = np.arange(number * AREA, min((number + 1) * AREA, count))
        segments = np.sort(_segments(epoch, count)[0].forward(members))
    blocks = randomness.permutation(epoch.seed, epoch.words("blocks"), start, -(-(stop - start) // epoch.grouping.block))
    return _Area(start, stop, segments, blocks, int(blocks.argmax()))


@lru_cache(maxsize=4)
def _window(epoch: Epoch, area: _Area, number: int, start: int, stop: int) -> Window:
    block, segment = epoch.grouping.block, epoch.grouping.segment
    several = epoch.grouping.window // block
    spans = []
    for item in sorted(area.blocks[number * several : (number + 1) * several].tolist()):
        # the segments of an area are in ascending order, so a short one is its last, and ends in its short block
        at = item * block
        row = int(area.segments[at // segment]) * segment + at % segment
        spans.append((row, row + min(block, area.stop - area.start - at)))
    return Window(start, stop, tuple(spans), (epoch.seed, epoch.words("rows")) if epoch.shuffle is True else None)


def _group(position: int, size: int, item: int, several: int, short: int) -> tuple[int, int, int]:
    """Number, start and stop of the group that holds a position.

    `size` rows are cut into items of `item` rows, the last of which may be short; it now stands at place `short` of the
    items' order, and `several` items in that order make a group.
    """
    missing = -size % item

    def start(number: int) -> int:
        return min(number * several * item - (missing if number * several > short else 0), size)

    number = position // (several * item)
    if position >= start(number + 1):
        number += 1
    return number, start(number), start(number + 1)
